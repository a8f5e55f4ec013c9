"""The models' own SQL over rows that a test makes up (no tests here).

A statement is put together from what dbt compiled when it built the warehouse of the demo: where a
model reads another one, it gets that one's compiled SQL, down to the models whose rows are given.
Those come in as JSON, typed by the relations that stand in the database. So the SQL under test is
the project's own and runs on its database, and nothing has to land or be built for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from house_kit import House
from psycopg.rows import dict_row

Row = Mapping[str, Any]
RELATION = re.compile(r'"\w+"\."\w+"\."\w+"')


class Models:
    """What dbt compiled for a built warehouse, to be run over other rows."""

    def __init__(self, house: House) -> None:
        target = house.settings.state_dir / "dbt"
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        self._compiled = target / "compiled" / manifest["metadata"]["project_name"]
        self._nodes = {
            node["name"]: node
            for node in manifest["nodes"].values()
            if node["resource_type"] in ("model", "seed")
        }
        self._names = {node["relation_name"]: name for name, node in self._nodes.items()}
        self._connection = psycopg.connect(house.url(), autocommit=True, row_factory=dict_row)

    def close(self) -> None:
        self._connection.close()

    def query(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        return self._connection.execute(sql.encode(), parameters or None).fetchall()

    def run(
        self,
        select: str,
        given: Mapping[str, Sequence[Row]],
        *,
        standing: Sequence[str] = (),
        arguments: Mapping[str, object] | None = None,
    ) -> list[dict[str, Any]]:
        """Ask models what they would say if the given rows stood in the warehouse.

        Args:
            select: The question; `{bars_5m}` in it is what the model of that name yields.
            given: The rows of models and seeds that are not computed; columns left out are null.
            standing: Models to read as they stand in the warehouse.
            arguments: Values of the arguments of functions.
        """
        wanted = re.findall(r"\{(\w+)\}", select)
        ctes: dict[str, str] = {}
        for name in wanted:
            self._put_together(name, given, standing, arguments or {}, ctes)
        unread = set(given) - set(ctes)
        assert not unread, f"nothing reads the given rows of {unread}"
        steps = ",\n".join(f"model_{name} as (\n{sql}\n)" for name, sql in ctes.items())
        question = select.format(**{name: f"model_{name}" for name in wanted})
        values = [json.dumps(given[name], default=str) for name in ctes if name in given]
        return self.query(f"with {steps}\n{question}", *values)

    # The SQL of a model and, before it, of all that it reads.
    def _put_together(
        self,
        name: str,
        given: Mapping[str, Sequence[Row]],
        standing: Sequence[str],
        arguments: Mapping[str, object],
        ctes: dict[str, str],
    ) -> None:
        if name in ctes:
            return
        node = self._nodes[name]
        if name in given:
            row_type = f'"{node["schema"]}"."{node["alias"]}"'
            ctes[name] = f"select * from jsonb_populate_recordset(null::{row_type}, %s::jsonb)"
            return
        if name in standing:
            ctes[name] = f"select * from {node['relation_name']}"
            return
        sql = Path(self._compiled, node["original_file_path"]).read_text(encoding="utf-8")
        sql = re.sub(r"^\s*--.*\n", "", sql, flags=re.MULTILINE).replace("%", "%%")
        for argument, value in arguments.items():
            sql = re.sub(rf"\b{argument}\b", str(value), sql)
        for relation in dict.fromkeys(RELATION.findall(sql)):
            read = self._names.get(relation, "")
            assert read, f"{name} reads {relation}, which is no model: give the rows of {name}"
            self._put_together(read, given, standing, arguments, ctes)
            sql = sql.replace(relation, f"model_{read}")
        ctes[name] = sql
