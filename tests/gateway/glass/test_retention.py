"""What an emergency showed is gone when its view closes: no table and no file holds more than before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from gateway.glass.tables import emergency
from gateway.records.tables import record
from tests.gateway.glass.scene import BIRTH, NUMBER, Scene

# Words of the hospital's records: a result's name, a drug, an allergy, the patient.
WORDS = ("糖化血红蛋白", "二甲双胍", "青霉素", "合成测试")


def rows_of(conn: Connection) -> Iterator[str]:
    """Every row of every table, as text."""
    for name in inspect(conn).get_table_names():
        for row in conn.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608 - the database's own names
            yield repr(tuple(row))


def held(scene: Scene) -> dict[str, int]:
    """How often each word stands in the files of the node."""
    with scene.gw.db.connect() as conn:
        dump = "\n".join(rows_of(conn))
    files = [path for path in Path(scene.gw.settings.data).rglob("*") if path.is_file()]
    others = b"".join(path.read_bytes() for path in files if "gateway.db" not in path.name)
    return {word: dump.count(word) + others.count(word.encode()) for word in WORDS}


def test_nothing_of_what_was_shown_stays(scene: Scene) -> None:
    before = held(scene)
    assert all(before.values())
    begun = scene.declared()
    assert len(scene.source(begun["emergency"])["items"]) > 3
    shown = held(scene)
    assert scene.doctor.delete(f"/console/api/emergencies/{begun['emergency']}").status_code == 204
    assert before == shown == held(scene)


def test_the_declarers_own_row_holds_neither_number_nor_birth_date(scene: Scene) -> None:
    scene.declared()
    with scene.gw.db.connect() as conn:
        [row] = conn.execute(select(emergency)).all()
        filed = conn.execute(select(record).where(record.c.institution == scene.story.clinic)).all()
    written = repr(tuple(row))
    assert NUMBER not in written
    assert BIRTH not in written
    assert "合成测试" not in written
    assert not any("o-first-5003" in one.json_text for one in filed)
