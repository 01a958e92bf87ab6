"""Traditional characters as the simplified ones that Mandarin models read."""

from functools import cache
from typing import Any

from myna.core.errors import PackageMissing

_FIRST, _LAST = "\u4e00", "\u9fa5"  # the characters the models know
_KEPT = frozenset(
    "乾傢冑吒唸嚮壎夥徵捱摺於昇朮枴榦樑氾汎汙洩溼澦燻犛璿痠瘺祕秈篠簑絃絰綞羶脣脩菴菸蒐蓆薹襬豔醣鍚"
    "鎚鏍鏽閒閤餚麴齧"
)  # OpenCC would change these; the models were trained with them
_OTHERWISE = dict(
    zip(
        "傚儸勣勦啣姪嬝彊揹暱榜櫂櫺濬瀋玨珮琊瑯痺睪瞇砲簷籐綵耑託訢諮谿貍鉅銲鍾隄餘餽麼",
        "效㑩绩剿衔侄袅强背昵搒棹棂浚渖珏佩玡琅痹睾眯炮檐藤䌽专讬䜣谘溪狸钜焊锺堤馀馈麽",
        strict=True,
    )
)  # likewise: what the models' own table makes of these, right or wrong


def simplified(text: str) -> str:
    """Return `text` with each traditional character simplified, one for one.

    Raises:
        PackageMissing: OpenCC is not installed.
    """
    return "".join(map(_simplified, text))


@cache
def _simplified(character: str) -> str:
    if character in _KEPT or not "\u3400" <= character <= "\u9fff":
        return character
    if character in _OTHERWISE:
        return _OTHERWISE[character]
    plain: str = opencc("t2s").convert(character)
    return plain if len(plain) == 1 and _FIRST <= plain <= _LAST else character


@cache
def opencc(direction: str) -> Any:  # OpenCC has no types
    """Return OpenCC's converter ("t2s" or "s2tw").

    Raises:
        PackageMissing: OpenCC is not installed.
    """
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise PackageMissing("Reading Chinese with GPT-SoVITS", "zh") from error
    return OpenCC(direction)
