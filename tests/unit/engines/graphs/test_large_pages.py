import mmap

from myna.engines.graphs.large_pages import in_large_pages

SIZE = 9 << 20


def test_what_is_allocated_meanwhile_keeps_its_content() -> None:
    content = bytes(range(256)) * (SIZE // 256)
    before = mmap.mmap(-1, SIZE)
    before[:] = content
    with in_large_pages():
        meanwhile = mmap.mmap(-1, SIZE)
        meanwhile[:] = content
        gone = mmap.mmap(-1, SIZE)
        gone.close()
    assert meanwhile[:] == content
    assert before[:] == content
    meanwhile[5] = 7
    assert meanwhile[4:7] == content[4:5] + b"\x07" + content[6:7]
