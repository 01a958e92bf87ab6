"""Symbols of units and currencies, and what they are called in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure or money, by name."""

    one: str
    """English, for one of it."""
    many: str
    """English, for any other number of it."""
    korean: str
    japanese: str
    """In kana."""
    chinese: str
    cantonese: str


_MEASURES = """
km ㎞ KM         | kilometer(s)           | 킬로미터     | キロメートル         | 公里     |
m                | meter(s)               | 미터         | メートル             | 米       |
cm ㎝ CM         | centimeter(s)          | 센티미터     | センチメートル       | 厘米     |
mm ㎜ MM         | millimeter(s)          | 밀리미터     | ミリメートル         | 毫米     |
μm µm um         | micrometer(s)          | 마이크로미터 | マイクロメートル     | 微米     |
nm               | nanometer(s)           | 나노미터     | ナノメートル         | 纳米     | 納米
kg ㎏ Kg KG      | kilogram(s)            | 킬로그램     | キログラム           | 公斤     |
g                | gram(s)                | 그램         | グラム               | 克       |
mg ㎎            | milligram(s)           | 밀리그램     | ミリグラム           | 毫克     |
μg µg            | microgram(s)           | 마이크로그램 | マイクログラム       | 微克     |
t                | ton(s)                 | 톤           | トン                 | 吨       | 噸
l L ℓ            | liter(s)               | 리터         | リットル             | 升       | 公升
ml mL ML ㎖      | milliliter(s)          | 밀리리터     | ミリリットル         | 毫升     |
dl dL            | deciliter(s)           | 데시리터     | デシリットル         | 分升     |
cc ㏄            | c c                    | 씨씨         | シーシー             | 毫升     |
ha               | hectare(s)             | 헥타르       | ヘクタール           | 公顷     | 公頃
m² m2 ㎡         | square meter(s)        | 제곱미터     | へいほうメートル     | 平方米   |
km² km2 ㎢       | square kilometer(s)    | 제곱킬로미터 | へいほうキロメートル | 平方公里 |
cm² cm2          | square centimeter(s)   | 제곱센티미터 | へいほうセンチ       | 平方厘米 |
m³ m3 ㎥         | cubic meter(s)         | 세제곱미터   | りっぽうメートル     | 立方米   |
cm³ cm3          | cubic centimeter(s)    | 세제곱센티미터 | りっぽうセンチ     | 立方厘米 |
°C ℃ ºC          | degree(s) Celsius      | 도           | ど                   | 摄氏度   | 度
°F ℉ ºF          | degree(s) Fahrenheit   | 도           | ど                   | 华氏度   | 度
° º              | degree(s)              | 도           | ど                   | 度       |
Hz hz ㎐         | hertz                  | 헤르츠       | ヘルツ               | 赫兹     | 赫茲
kHz khz KHz ㎑   | kilohertz              | 킬로헤르츠   | キロヘルツ           | 千赫     |
MHz mhz ㎒       | megahertz              | 메가헤르츠   | メガヘルツ           | 兆赫     |
GHz ghz ㎓       | gigahertz              | 기가헤르츠   | ギガヘルツ           | 吉赫     |
KB kB            | kilobyte(s)            | 킬로바이트   | キロバイト           | K B      |
MB mb            | megabyte(s)            | 메가바이트   | メガバイト           | 兆       | M B
GB gb            | gigabyte(s)            | 기가바이트   | ギガバイト           | G B      |
TB tb            | terabyte(s)            | 테라바이트   | テラバイト           | T B      |
kbps             | kilobit(s) per second  | 킬로비피에스 | キロビーピーエス     | K B P S  |
Mbps             | megabit(s) per second  | 메가비피에스 | メガビーピーエス     | M B P S  |
Gbps             | gigabit(s) per second  | 기가비피에스 | ギガビーピーエス     | G B P S  |
W                | watt(s)                | 와트         | ワット               | 瓦       |
kW ㎾            | kilowatt(s)            | 킬로와트     | キロワット           | 千瓦     |
MW               | megawatt(s)            | 메가와트     | メガワット           | 兆瓦     |
kWh              | kilowatt hour(s)       | 킬로와트시   | キロワットじ         | 千瓦时   | 千瓦時
V                | volt(s)                | 볼트         | ボルト               | 伏       | 伏特
A                | ampere(s)              | 암페어       | アンペア             | 安       | 安培
mA               | milliampere(s)         | 밀리암페어   | ミリアンペア         | 毫安     |
mAh              | milliampere hour(s)    | 밀리암페어시 | ミリアンペアじ       | 毫安时   | 毫安時
dB db ㏈         | decibel(s)             | 데시벨       | デシベル             | 分贝     | 分貝
cal              | calorie(s)             | 칼로리       | カロリー             | 卡       | 卡路里
kcal             | kilocalorie(s)         | 킬로칼로리   | キロカロリー         | 千卡     |
px               | pixel(s)               | 픽셀         | ピクセル             | 像素     |
rpm              | R P M                  | 알피엠       | アールピーエム       | R P M    |
ms               | millisecond(s)         | 밀리초       | ミリびょう           | 毫秒     |
min              | minute(s)              | 분           | ふん                 | 分钟     | 分鐘
sec              | second(s)              | 초           | びょう               | 秒       |
h hr hrs         | hour(s)                | 시간         | じかん               | 小时     | 小時
mmHg             | millimeter(s) of mercury | 밀리미터 | ミリメートル           | 毫米汞柱 |
tbsp             | tablespoon(s)          | 큰술         | おおさじ             | 汤匙     | 湯匙
tsp              | teaspoon(s)            | 작은술       | こさじ               | 茶匙     |
gal              | gallon(s)              | 갤런         | ガロン               | 加仑     | 加侖
fps              | frame(s) per second    | 에프피에스   | エフピーエス         | 帧每秒   | 格每秒
hPa              | hectopascal(s)         | 헥토파스칼   | ヘクトパスカル       | 百帕     |
ppm              | P P M                  | 피피엠       | ピーピーエム         | P P M    |
km/h kph ㎞/h    | kilometer(s) per hour  | 킬로미터     | キロメートル         | 公里     |
m/s              | meter(s) per second    | 미터         | メートル             | 米       |
ft               | foot/feet              | 피트         | フィート             | 英尺     | 呎
mi               | mile(s)                | 마일         | マイル               | 英里     |
mph              | mile(s) per hour       | 마일         | マイル               | 英里     |
yd               | yard(s)                | 야드         | ヤード               | 码       | 碼
lb lbs           | pound(s)               | 파운드       | ポンド               | 磅       |
oz               | ounce(s)               | 온스         | オンス               | 盎司     | 安士
"""

_MONEY = """
$ ＄             | dollar(s)              | 달러         | ドル                 | 美元     | 元
US$ USD          | U S dollar(s)          | 미국 달러    | べいドル             | 美元     |
HK$ HKD          | Hong Kong dollar(s)    | 홍콩 달러    | ホンコンドル         | 港元     |
NT$ TWD          | Taiwan dollar(s)       | 대만 달러    | たいわんドル         | 新台币   | 新台幣
A$ AU$ AUD       | Australian dollar(s)   | 호주 달러    | ごうドル             | 澳元     |
C$ CA$ CAD       | Canadian dollar(s)     | 캐나다 달러  | カナダドル           | 加元     |
€ EUR            | euro(s)                | 유로         | ユーロ               | 欧元     | 歐元
£ ￡ GBP         | pound(s)               | 파운드       | ポンド               | 英镑     | 英鎊
¥ ￥ JPY         | yen                    | 엔           | えん                 | 元       | 日圓
₩ ￦ KRW         | won                    | 원           | ウォン               | 韩元     | 韓元
₹ INR            | rupee(s)               | 루피         | ルピー               | 卢比     | 盧比
CN¥ CNY RMB      | yuan                   | 위안         | げん                 | 元       | 人民幣
₿ BTC            | bitcoin(s)             | 비트코인     | ビットコイン         | 比特币   | 比特幣
"""


def _table(rows: str) -> Mapping[str, Unit]:
    table: dict[str, Unit] = {}
    for row in rows.strip().splitlines():
        symbols, english, korean, japanese, chinese, cantonese = (
            cell.strip() for cell in row.split("|")
        )
        one, _, many = english.partition("/")
        unit = Unit(
            one.replace("(s)", ""),
            many or one.replace("(s)", "s"),
            korean,
            japanese,
            chinese,
            cantonese or chinese,
        )
        table |= dict.fromkeys(symbols.split(), unit)
    return MappingProxyType(table)


UNITS = _table(_MEASURES)
"""Symbol of a measure, in any common spelling -> unit."""

LOOSE_UNITS = frozenset(s for s in UNITS if len(s) > 1 or not s.isascii() or s in "mglL")
"""Symbols that mean a unit even where a blank parts them from the number."""

TIGHT_UNITS = frozenset(UNITS) - LOOSE_UNITS - {"A"}
"""Symbols that mean a unit only where they touch the number: 5V. 5A is more often a name."""

CURRENCIES = _table(_MONEY)
"""Sign or three-letter code of a currency -> unit."""

CENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"dollar": ("cent", "cents"), "euro": ("cent", "cents"), "pound": ("penny", "pence")}
)
"""Last word of an English currency -> its hundredth part, one and many."""
