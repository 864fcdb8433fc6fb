"""Paths grouped into patterns."""

from __future__ import annotations

import pytest

from resa.discovery.pages import group_paths, path_segments


def patterns(*paths: str, least: int = 1) -> list[str]:
    return sorted(group.pattern for group in group_paths([(path, 1) for path in paths], least=least))


def test_many_alike_below_one_segment_are_any() -> None:
    assert patterns(*(f"/p/{name}" for name in ("boots", "tent", "stove", "cup", "socks"))) == ["/p/*"]


def test_a_few_pages_below_one_segment_stay_what_they_are() -> None:
    assert patterns("/account/login", "/account/orders") == ["/account/login", "/account/orders"]


def test_one_page_with_half_of_the_views_keeps_all_apart() -> None:
    found = group_paths([("/a/main", 10), *((f"/a/{name}", 2) for name in "vwxyz")], least=1)
    assert found[0].pattern == "/a/main"
    assert "/a/*" not in [group.pattern for group in found]


def test_the_first_segment_is_never_any() -> None:
    assert patterns(*(f"/{name}" for name in "abcdefgh")) == [f"/{name}" for name in "abcdefgh"]


@pytest.mark.parametrize(
    "name", ["123", "2026-03-01", "0f8fad5b-d9cb-469f-a165-70867728950e", "deadbeef42", "AB-12-34-99"]
)
def test_numbers_of_things_are_any(name: str) -> None:
    assert patterns(f"/orders/{name}", "/orders/new") == ["/orders/*", "/orders/new"]


def test_pages_below_any_are_told_apart_if_there_are_few() -> None:
    assert patterns("/orders/1/pay", "/orders/2/pay", "/orders/3") == ["/orders/*", "/orders/*/pay"]


def test_a_language_is_no_segment() -> None:
    pages = [f"/sv/{name}" for name in ("om", "kassa", "hem", "hjalp", "butik", "kontakt")]
    assert patterns(*pages) == sorted(pages)


def test_what_is_seldom_seen_belongs_to_any_beside_it() -> None:
    seldom = [("/help/a", 1), ("/help/b", 1), ("/help/c", 50)]
    assert [(group.pattern, group.views) for group in group_paths(seldom, least=2)] == [("/help/c", 50), ("/help/*", 2)]


def test_hosts_queries_and_slashes_at_the_end_are_no_part_of_a_path() -> None:
    assert path_segments("https://shop.example/p/1/?x=/a/b#c") == (("p", "1"), False)
    assert path_segments("/p/1") == (("p", "1"), True)
    assert path_segments("/") == ((), True)
    (group,) = group_paths([("/help?topic=1", 3), ("/help", 2)], least=1)
    assert (group.pattern, group.views, group.plain) == ("/help", 5, False)
