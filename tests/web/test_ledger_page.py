"""The page of what moved and was not told, over plain HTTP."""

from __future__ import annotations

import re
from html import unescape

from tests.fakes import make_dismissed
from tests.web.test_pages import client, new_house


def test_what_moved_and_was_not_told_is_listed_with_time_camera_and_reason() -> None:
    house = new_house()
    assert "Nothing yet" in client(house).get("/ledger").text
    house.store.rows = [
        make_dismissed("went 0.010 (needs 0.020) in 0.3 s (needs 0.4 s)", number=1, left_out=7),
        make_dismissed("in ignore zone <street>", number=2, camera="yard"),
    ]
    page = unescape(re.sub(r"<(?!street)[^>]+>", "", client(house).get("/ledger").text))
    newest, older = page.index("In ignore zone <street>"), page.index("Went 0.010 (needs 0.020) in 0.3 s (needs 0.4 s)")
    assert newest < older
    assert "Yard" in page and "Front door" in page and "7 more in this minute" in page
    assert "13:59:58" in page, "local time at which it was first seen, to the second"
    assert 'href="/ledger"' in client(house).get("/events").text


def test_the_ledger_is_listed_a_page_at_a_time() -> None:
    house = new_house()
    house.store.rows = [make_dismissed(f"rule number {number}!", number=number) for number in range(1, 151)]
    seen, link = [], "/ledger"
    while link:
        text = client(house).get(link).text
        seen += re.findall(r"Rule number (\d+)!", text)
        found = re.search(r'href="(/ledger\?before=\d+)"', text)
        link = found[1] if found else ""
    assert seen == [str(number) for number in range(150, 0, -1)]


def test_an_unreadable_ledger_is_told() -> None:
    house = new_house()
    house.store.broken = "pisecurity.db: the disk reports an error"
    answer = client(house).get("/ledger")
    assert (answer.status_code, "the disk reports an error" in answer.text) == (503, True)
