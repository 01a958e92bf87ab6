import pytest

from myna.engines.cosyvoice.text.text_feed import MoreText, TextFeed


def test_tokens_are_read_in_order_and_the_end_is_known() -> None:
    feed = TextFeed()
    feed.push([4, 5])
    feed.push([])
    feed.push([6])
    assert [feed.get(index) for index in range(4)] == [4, 5, 6, None]
    assert not feed.ended_at(3)
    feed.end()
    feed.end()
    assert feed.ended_at(3)
    assert not feed.ended_at(2)


def test_who_waits_is_called_once_when_there_is_something() -> None:
    feed, called = TextFeed(), list[str]()
    MoreText(feed, 0).then(lambda: called.append("token"))
    assert called == []
    feed.push([1])
    feed.push([2])
    assert called == ["token"]
    MoreText(feed, 1).then(lambda: called.append("at once"))
    assert called == ["token", "at once"]
    MoreText(feed, 2).then(lambda: called.append("end"))
    feed.end()
    MoreText(feed, 2).then(lambda: called.append("ended"))
    assert called == ["token", "at once", "end", "ended"]


def test_nothing_can_be_said_after_the_end() -> None:
    feed = TextFeed()
    feed.end()
    with pytest.raises(ValueError, match="ended"):
        feed.push([1])
