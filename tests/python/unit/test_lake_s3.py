"""A lake in S3: the same guarantees against a real server that speaks the real wire format."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from test_lake_kit import DAY, data_of, put, rows

from barhouse.lake import Kind, LakeError, archive, files, ls, release, verify
from barhouse.lake.place import place_of

FOLDER = f"bars_1m/{DAY.name}"
MOMENT = datetime(2024, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run moto's server in a process of its own; yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()
            break
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
    yield url
    process.kill()
    process.wait()


@pytest.fixture
def lake(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty lake in a bucket of its own."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in {**keys, "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    bucket = f"lake-{uuid4().hex}"
    place = place_of(f"s3://{bucket}/deep/lake")
    place.fs.mkdir(bucket)
    return place


def names(lake: Path) -> list[str]:
    return sorted(name.partition("/lake/")[2] for name in lake.fs.find(lake.path))


def test_a_partition_is_put_replaced_archived_and_removed(tmp_path: Path, lake: Path) -> None:
    with pytest.raises(LakeError, match="There is no lake at s3://"):
        verify(lake)
    old, new = rows(10, "1"), rows(20, "2")
    first = put(lake, data_of(tmp_path, old), old)
    assert names(lake) == [f"{FOLDER}/_manifest.json", f"{FOLDER}/part.parquet"]
    assert (ls(lake), verify(lake)) == ([first], [])
    second = put(lake, data_of(tmp_path, new), new)
    assert (ls(lake), verify(lake)) == ([second], [])
    (marked,) = archive(lake, "bars_1m", [DAY], archived_at=MOMENT)
    assert ls(lake) == [marked]
    assert release(lake, "bars_1m", [DAY]) == [second]
    files.remove(lake / FOLDER, lake / files.TRASH)
    assert names(lake) == []


def test_harm_is_found(tmp_path: Path, lake: Path) -> None:
    table = rows(10)
    put(lake, data_of(tmp_path, table), table)
    data = (lake / FOLDER / files.DATA).read_bytes()
    (lake / FOLDER / files.DATA).write_bytes(data[:-1] + b"?")
    (lake / FOLDER / "copy.parquet").write_bytes(b"x")
    assert {problem.kind for problem in verify(lake)} == {
        Kind.SHA256,
        Kind.UNREADABLE,
        Kind.ORPHAN,
    }
    with pytest.raises(LakeError, match="cannot be archived: The hash is"):
        archive(lake, "bars_1m", [DAY], archived_at=MOMENT)
    lake.fs.rm_file(f"{lake.path}/{FOLDER}/part.parquet")
    assert Kind.MISSING_FILE in {problem.kind for problem in verify(lake)}


KILLED = """
import os, signal, sys
from pathlib import Path
from barhouse.lake import steps
from barhouse.lake.place import place_of
from test_lake_kit import data_of, put, rows

table = rows(20, "2")
data = data_of(Path(sys.argv[2]), table)
# forked before anything talks to the server
for number in range(int(sys.argv[3])):
    if os.fork():
        assert os.WTERMSIG(os.wait()[1]) == signal.SIGKILL
        continue
    left = number
    def counted(real):
        def call(*given):
            global left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return real(*given)
        return call
    steps._put, steps.unlink = counted(steps._put), counted(steps.unlink)
    put(place_of(f"{sys.argv[1]}{number}"), data, table)
    os._exit(0)
"""


def test_a_kill_before_any_request_of_a_replacement_leaves_old_or_new(
    tmp_path: Path, lake: Path
) -> None:
    old, new = rows(10, "1"), rows(20, "2")
    # announced, uploaded, named, cleared
    lakes = [lake.with_name(f"lake{number}") for number in range(4)]
    for one in lakes:
        before = put(one, data_of(tmp_path, old), old)
    command = [sys.executable, "-c", KILLED, str(lake), str(tmp_path), str(len(lakes))]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    ended = subprocess.run(command, env=environment, check=False, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()
    seen = []
    for one in lakes:
        (manifest,) = ls(one)
        assert {problem.kind for problem in verify(one)} <= {Kind.ORPHAN}
        seen.append(manifest.rows)
        assert (manifest == before) == (manifest.rows == 10)
        files.settle(one / FOLDER)
        assert (ls(one), verify(one)) == ([manifest], [])
        put(one, data_of(tmp_path, new), new)
        assert (ls(one)[0].rows, verify(one)) == (20, [])
    assert seen == [10, 10, 20, 20]


def test_what_cannot_be_reached_is_one_sentence(
    tmp_path: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = rows(1)
    data = data_of(tmp_path, table)
    with pytest.raises(LakeError, match=r"Cannot write s3://not-there/.*bucket does not exist"):
        put(place_of("s3://not-there/lake"), data, table)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    lake.fs.clear_instance_cache()
    for work in (lambda place: put(place, data, table), ls):
        with pytest.raises(LakeError, match=r"Cannot .* s3://any/lake.*127\.0\.0\.1:9") as caught:
            work(place_of("s3://any/lake"))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["nosuch://bucket/lake", "gs://bucket/lake"])
def test_a_url_that_cannot_be_used_says_what_to_do(url: str) -> None:
    with pytest.raises(LakeError, match=r"cannot be used|not installed"):
        place_of(url)


def test_another_file_system_renames_what_it_cannot_put_whole(tmp_path: Path) -> None:
    # the local disk, as fsspec knows it: without our own fsyncs and renames
    from upath import UPath

    place = UPath(f"local://{tmp_path}/lake")
    table = rows(10)
    manifest = put(place, data_of(tmp_path, table), table)
    assert (ls(place), verify(place)) == ([manifest], [])
