"""The words of translation.py: what is told apart in one language and not in the other is what makes it hard."""

from typing import NamedTuple


class Noun(NamedTuple):
    """A noun in both languages; measure "" = it stands alone (football, the piano)."""

    kind: str  # which verbs take it
    one: str
    many: str
    chinese: str
    measure: str
    qualities: str = "Thing"  # which adjectives it has

    @property
    def symbol(self) -> str:
        """Its name in the grammar."""
        return "N" + self.one.replace(" ", "_")


class Verb(NamedTuple):
    """A verb in both languages, with the kind of noun it takes; `what` = whether `what` can ask for its object."""

    base: str
    s: str
    past: str
    ing: str
    chinese: str
    objects: str
    what: bool = False

    @property
    def symbol(self) -> str:
        """Its name in the grammar: of play there are four."""
        return f"V{self.base.replace(' ', '_')}_{self.objects}"

    def form(self, name: str) -> str:
        """The English form; `asked` is the base."""
        return {"base": self.base, "s": self.s, "past": self.past, "ing": self.ing, "asked": self.base}[name]


NOUNS = (
    Noun("Person", "girl", "girls", "女孩", "个", "Person"),
    Noun("Person", "boy", "boys", "男孩", "个", "Person"),
    Noun("Person", "student", "students", "学生", "个", "Person"),
    Noun("Person", "worker", "workers", "工人", "个", "Person"),
    Noun("Person", "friend", "friends", "朋友", "个", "Person"),
    Noun("Person", "woman", "women", "女人", "个", "Person"),
    Noun("Person", "teacher", "teachers", "老师", "位", "Person"),
    Noun("Person", "doctor", "doctors", "医生", "位", "Person"),
    Noun("Person", "writer", "writers", "作家", "位", "Person"),
    Noun("Person", "uncle", "uncles", "叔叔", "位", "Person"),
    Noun("Animal", "cat", "cats", "猫", "只", "Animal"),
    Noun("Animal", "bird", "birds", "鸟", "只", "Animal"),
    Noun("Animal", "dog", "dogs", "狗", "条", "Animal"),
    Noun("Animal", "horse", "horses", "马", "匹", "Animal"),
    Noun("Animal", "cow", "cows", "牛", "头", "Animal"),
    Noun("Animal", "elephant", "elephants", "大象", "头", "Animal"),
    Noun("Text", "book", "books", "书", "本"),
    Noun("Text", "magazine", "magazines", "杂志", "本"),
    Noun("Text", "letter", "letters", "信", "封"),
    Noun("Text", "newspaper", "newspapers", "报纸", "份"),
    Noun("Food", "apple", "apples", "苹果", "个", "Food"),
    Noun("Food", "egg", "eggs", "鸡蛋", "个", "Food"),
    Noun("Food", "banana", "bananas", "香蕉", "根", "Food"),
    Noun("Food", "cake", "cakes", "蛋糕", "块", "Food"),
    Noun("Clothes", "coat", "coats", "大衣", "件"),
    Noun("Clothes", "shirt", "shirts", "衬衫", "件"),
    Noun("Clothes", "skirt", "skirts", "裙子", "条"),
    Noun("Hat", "hat", "hats", "帽子", "顶"),
    Noun("Hat", "watch", "watches", "手表", "块"),
    Noun("Thing", "table", "tables", "桌子", "张"),
    Noun("Thing", "chair", "chairs", "椅子", "把"),
    Noun("Thing", "umbrella", "umbrellas", "雨伞", "把"),
    Noun("Thing", "car", "cars", "汽车", "辆"),
    Noun("Thing", "bicycle", "bicycles", "自行车", "辆"),
    Noun("Keys", "the piano", "", "钢琴", ""),
    Noun("Keys", "the guitar", "", "吉他", ""),
    Noun("Bow", "the violin", "", "小提琴", ""),
    Noun("Ball", "football", "", "足球", ""),
    Noun("Board", "chess", "", "象棋", ""),
)

GROUPS = {  # several kinds of nouns that a verb can take
    "Goods": ("Thing", "Text", "Clothes", "Hat"),
    "Lost": ("Hat", "Animal", "Thing"),
}

VERBS = (
    Verb("read", "reads", "read", "reading", "读", "Text", what=True),
    Verb("eat", "eats", "ate", "eating", "吃", "Food", what=True),
    Verb("draw", "draws", "drew", "drawing", "画", "Animal", what=True),
    Verb("feed", "feeds", "fed", "feeding", "喂", "Animal"),
    Verb("buy", "buys", "bought", "buying", "买", "Goods", what=True),
    Verb("sell", "sells", "sold", "selling", "卖", "Goods", what=True),
    Verb("wash", "washes", "washed", "washing", "洗", "Clothes", what=True),
    Verb("look for", "looks for", "looked for", "looking for", "找", "Lost", what=True),
    Verb("help", "helps", "helped", "helping", "帮助", "Person"),
    Verb("visit", "visits", "visited", "visiting", "拜访", "Person"),
    Verb("play", "plays", "played", "playing", "弹", "Keys"),
    Verb("play", "plays", "played", "playing", "拉", "Bow"),
    Verb("play", "plays", "played", "playing", "踢", "Ball"),
    Verb("play", "plays", "played", "playing", "下", "Board"),
)

WORN = tuple(  # a skirt does not suit the uncles
    (noun, "穿" if noun.kind == "Clothes" else "戴")
    for noun in NOUNS
    if noun.kind in ("Clothes", "Hat") and noun.one != "skirt"
)

ADJECTIVES = {
    "Person": {"old": "年老 的", "young": "年轻 的", "happy": "快乐 的", "tired": "疲倦 的"},
    "Animal": {"old": "老", "big": "大", "small": "小", "black": "黑色 的", "white": "白色 的"},
    "Food": {"big": "大", "small": "小", "expensive": "昂贵 的", "sweet": "甜"},
    "Thing": {"old": "旧", "new": "新", "red": "红色 的", "blue": "蓝色 的", "black": "黑色 的", "white": "白色 的"},
}

PLACES = {
    "in the park": "公园 里",
    "in the garden": "花园 里",
    "in the library": "图书馆 里",
    "at school": "学校",
    "at home": "家 里",
    "at the station": "火车站",
}

TIMES = {
    "Past": {"yesterday": "昨天", "last week": "上周", "last night": "昨晚"},
    "Future": {"tomorrow": "明天", "next week": "下周", "tonight": "今晚"},
    "Habit": {"every day": "每天", "every morning": "每天 早上", "on sundays": "星期天"},
}
