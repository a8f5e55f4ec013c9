"""What a request brought can be discarded as a whole, by a line in a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from house_kit import House
from test_bad_input_kit import Folder, csv, minutes, published

from barhouse.errors import BarhouseError

MONDAY = "2024-01-08"
STATES = "select state from quality.quarantine order by session_date"


@pytest.fixture
def house(new_house: Callable[..., House], project_copy: Path) -> House:
    """A warehouse on a project of its own, so that a test may edit the seed."""
    return new_house(project_copy)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files")


def discard(house: House, request_id: str) -> None:
    with (house.settings.project_dir / "seeds" / "discarded_requests.csv").open("a") as seed:
        seed.write(f"{request_id},wrong time zone\n")


def test_load_in_the_wrong_zone_no_longer_stops_the_build_once_discarded(
    house: House, folder: Folder
) -> None:
    text = {"ko.csv": csv(minutes("KO", MONDAY, 60))}
    house.extract("files", config=folder.describe(text, timezone="UTC"))
    house.extract("files", config=folder.describe(text))
    with pytest.raises(BarhouseError, match="share_of_violations_is_bounded"):
        house.build()

    ((request_id,),) = house.query(
        "select distinct evidence[0] ->> 'request_id' from quality.quarantined_days"
    )
    discard(house, request_id)
    house.build()
    assert published(house) == {("KO", MONDAY): 60}
    assert house.query(STATES) == [("cleared",)]


def test_day_is_published_once_the_request_of_its_bad_bar_is_discarded(
    house: House, folder: Folder
) -> None:
    at_night = f"{MONDAY} 03:00:00,KO,59.00,59.20,58.90,59.10,1000"
    house.extract("files", config=folder.describe({"night.csv": csv([at_night])}))
    house.extract("files", config=folder.describe({"day.csv": csv(minutes("KO", MONDAY, 5))}))
    house.build()
    assert published(house) == {}
    assert house.query(STATES) == [("open",)]

    ((request_id,),) = house.query("select evidence[0] ->> 'request_id' from quality.quarantine")
    discard(house, request_id)
    house.build()
    assert published(house) == {("KO", MONDAY): 5}
    assert house.query(STATES) == [("cleared",)]


def test_day_of_which_every_bar_is_discarded_is_cleared(house: House, folder: Folder) -> None:
    at_night = f"{MONDAY} 03:00:00,KO,59.00,59.20,58.90,59.10,1000"
    house.extract("files", config=folder.describe({"night.csv": csv([at_night])}))
    house.build()
    ((request_id,),) = house.query("select evidence[0] ->> 'request_id' from quality.quarantine")
    discard(house, request_id)
    house.build()
    assert published(house) == {}
    assert house.query(STATES) == [("cleared",)]
