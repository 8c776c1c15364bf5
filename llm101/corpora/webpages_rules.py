"""The grammars of the articles: genre -> (host, names of its articles, rules). `'NAME'` is replaced by the name.

No sentence has two derivations, so entropies are exact; two lists that stand in one sentence share no word, so nothing
is "rich from wool and wool".
"""

from llm101.corpora.agreement import Weights


def each(words: str) -> list[str]:
    """The words of a line, each as likely as the others."""
    return words.split()


TOWNS = each(
    "arden belmere corvale dunmore elsby fenwick garrow holm irvale jorley kelby lorne marlow norby ostry penrick quorn rosvik selby tarn ulmer varn wendle yarrow"
)
PEOPLE = each(
    "abbot barlow castell doyle evers fenn grady hobart iverson jarrett kemp lowell mercer nolan osgood porter quill raines sorel thorne upton vance weller york"
)
DISHES = each(
    "borscht brioche chutney couscous focaccia fondue goulash granola hummus lasagne marmalade moussaka omelette paella pesto polenta ramen ratatouille risotto salsa shakshuka strudel tagine tzatziki"
)
TITLES = each(
    "avalanche bonfire carousel driftwood echo fathom gossamer harvest inkwell juniper kaleidoscope lantern meridian nightfall oracle palimpsest quarry riverbed saltmarsh threshold undertow vesper windmill zenith"
)

RIVERS = ["ose", "thal", "wen", "brae", "lune"]
REGIONS = ["velland", "norrland", "tresca", "ostmark", "the lowlands", "the highlands"]
CITIES = ["marl", "hopton", "easton", "vire", "kingsbay", "halden"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = ["january", "march", "april", "june", "july", "september", "november"]
NUMBERS = each("three four five six seven nine twelve fifteen twenty thirty forty sixty")
ORDINALS = each("tenth twelfth thirteenth fourteenth sixteenth seventeenth eighteenth nineteenth")

ENCYCLOPEDIA: dict[str, Weights] = {
    "First": ["'NAME' is a Size Town in the Side of Region .", "'NAME' is a Town in Region , close to the river River ."],
    "More": [
        "it lies on the river River , Number kilometres from City .",
        "the Size Building was built in the Ordinal century by Builder .",
        "in the Ordinal century the Town grew rich from Goods and Wares .",
        "most of its people work in Work or in Trade .",
        "'NAME' is known for its Size Building and for its Goods .",
        "a Disaster destroyed the Building and Number houses in the Ordinal century .",
        "every Season the people of 'NAME' meet for a Festival that lasts Number days .",
        "the Building stands beside the Size Hall , not far from the river .",
        "travellers reach 'NAME' by Vehicle from City in less than Number minutes .",
        "the soil around the Town is Soil , with fields of Grain and Crop .",
        "the Town and its Hall have belonged to Region since the Ordinal century .",
        "visitors who have time can walk to the Size Building with a guide .",
        "its Hall is one of Number that have survived in Region .",
        "a Size road leads from the Building to the Hall and on to City .",
        "since the Disaster only Number families have stayed in the old part .",
        "trade in Goods ended when the Vehicle to City was stopped in Month .",
        "whoever built the Size Hall is said to have come from Region .",
        "in Season the Size streets are full of people who sell Wares and Crop .",
    ],
    "Town": ["village", "town", "port", "parish", "market town"],
    "Size": each("small large quiet busy famous remote wealthy modest handsome ruined"),
    "Side": ["north", "south", "east", "west", "middle"],
    "Building": each("church bridge castle mill lighthouse"),
    "Hall": each("monastery harbour library school theatre"),
    "Builder": ["monks", "merchants", "a local family", "the bishop", "the duke of Region", "fishermen"],
    "Goods": each("wool salt timber silver glass"),
    "Wares": each("cheese pottery lace copper fish"),
    "Work": each("farming fishing tourism forestry"),
    "Trade": each("mining weaving commerce shipbuilding"),
    "Disaster": ["fire", "flood", "storm", "landslide", "siege"],
    "Season": ["spring", "summer", "autumn", "winter"],
    "Festival": ["fair", "market", "concert", "regatta", "procession"],
    "Vehicle": ["train", "ferry", "bus", "boat", "road"],
    "Soil": ["fertile", "sandy", "poor", "stony", "heavy"],
    "Grain": each("barley rye oats wheat"),
    "Crop": each("beans apples flax cabbage"),
    "Region": REGIONS, "River": RIVERS, "City": CITIES, "Number": NUMBERS, "Ordinal": ORDINALS, "Month": MONTHS,
}  # fmt: skip

NEWS: dict[str, Weights] = {
    "First": [
        "Office 'NAME' Opened the new Project in City on Day .",
        "Office 'NAME' told reporters in City on Day that the Project will be Fate .",
    ],
    "More": [
        "the Project will cost Number million crowns and should be ready in Number months .",
        "Office 'NAME' said that the council had to be Mood with the money of the city .",
        "about Number people came to the Place to hear the speech .",
        "critics have called the plan Verdict and want a vote on Day .",
        "the council of City voted for the Project with Number votes against Number .",
        "a spokesman for the Group said that the Others had not been asked .",
        "work on the Project began in Month after a delay of Number weeks .",
        "police closed the Place for Number hours because of the Trouble .",
        "in Month the Trouble had already stopped the work on the Project .",
        "'NAME' has led the city for Number years and will not stand again .",
        "the Group and the Others have agreed to meet in City on Day .",
        "readers of this paper have been Mood about the Project since Month .",
        "nobody was hurt , but the Trouble will be a matter for the courts .",
        "on Day the Others marched from the Place to the town hall with Mood faces .",
        "Office 'NAME' answered that the Trouble in City had nothing to do with it .",
        "a study that the Group paid for found the plan Verdict but possible .",
        "with Number million crowns of debt , City has little left for the Project .",
        "the next meeting of the council is on Day at Number in the evening .",
    ],
    "Office": ["mayor", "minister", "senator", "councillor"],
    "Opened": ["opened", "visited", "cancelled", "defended"],
    "Project": ["airport", "hospital", "stadium", "tunnel", "museum", "tramway", "swimming pool", "power station"],
    "Fate": ["delayed", "sold", "finished in Month", "paid for by the Group"],
    "Mood": each("careful generous patient strict divided worried"),
    "Verdict": each("expensive unnecessary brave reckless overdue unfair"),
    "Group": ["farmers", "unions", "teachers", "shopkeepers"],
    "Others": ["engineers", "nurses", "neighbours", "fishermen"],
    "Trouble": each("strike flood protest fire accident frost audit"),
    "Place": ["square", "station", "market", "theatre", "bridge"],
    "Month": MONTHS, "City": CITIES, "Day": DAYS, "Number": NUMBERS,
}  # fmt: skip

GUIDES: dict[str, Weights] = {
    "First": [
        "'NAME' is a Taste dish that needs Number minutes and only one Pot .",
        "this 'NAME' serves Number people and can be made with what you have .",
    ],
    "More": [
        "Cut the Food into Shape pieces and put them in a Pot .",
        "Heat the Fat in the Pot , add the Food and stir for Number minutes .",
        "add the Food with a little Liquid and let it Cook for Number minutes .",
        "do not let the Food burn , or the 'NAME' will be Bad .",
        "if you have no Food , use Green and a little more Spice .",
        "mix the Spice with the Liquid in a Pot until it is smooth .",
        "season with Spice and Herb , and taste before you add more .",
        "cover the Pot and leave it in a Kept place for Number hours .",
        "the Food should be Texture , not Bad , when you take it from the heat .",
        "serve the 'NAME' with Green and a spoon of Fat .",
        "the rest can be kept in the fridge for Number days .",
        "wash the Food and the Green in cold water and dry them with a cloth .",
        "to make the 'NAME' more Taste , stir in some Herb at the end .",
        "for Number people take twice the Liquid and a larger Pot .",
        "Herb and Fat go well with it , and so do Texture Green .",
        "a Shape layer of Food on the bottom of the Pot keeps it from burning .",
        "in winter the Green can be replaced with Food from the cellar .",
        "try it with Liquid first , and add the Spice only when it has cooled .",
    ],
    "Cut": ["cut", "chop", "slice"],
    "Heat": ["heat", "melt", "warm"],
    "Cook": ["simmer", "boil", "rest", "thicken"],
    "Food": each("onions carrots tomatoes lentils mushrooms potatoes"),
    "Green": each("peppers leeks chickpeas spinach almonds"),
    "Fat": ["butter", "olive oil", "cream", "sesame oil"],
    "Liquid": ["water", "stock", "milk", "wine", "lemon juice"],
    "Spice": each("salt pepper cumin paprika"),
    "Herb": each("thyme ginger parsley basil garlic"),
    "Pot": ["pot", "pan", "bowl", "dish", "saucepan"],
    "Shape": ["small", "thin", "regular", "thick"],
    "Kept": ["warm", "cool", "dark", "dry"],
    "Texture": ["soft", "tender", "golden", "crisp"],
    "Bad": ["bitter", "mushy", "burnt", "tough"],
    "Taste": ["hearty", "spicy", "simple", "fresh", "rich"],
    "Number": NUMBERS,
}  # fmt: skip

BOOKS: dict[str, Weights] = {
    "First": [
        "'NAME' is the Rank novel by a writer who Career .",
        "in 'NAME' a Hero returns to a House in Region to find a Thing .",
    ],
    "More": [
        "the Hero has to choose between the Friend and a Thing that nobody wants .",
        "the Part is Praise , but the Section is Blame and much too long .",
        "we have read few novels with a Part that is so Praise .",
        "the story begins in a House in Region and ends in City .",
        "the writer knows how to make a Thing the heart of the Section .",
        "by the Rank chapter the Hero and the Friend have become Relation .",
        "readers who loved the earlier books will find this one Praise .",
        "those who want a quick plot should leave 'NAME' on the shelf .",
        "there is a Praise scene in a House with a Hero and a Thing .",
        "at Number hundred pages 'NAME' is Blame in places .",
        "the translation from the language of Region is Praise and never Blame .",
        "our advice is to read the Section twice and the Part once .",
        "it is a book that you will want to lend to Relation .",
        "Number years later the Friend finds the Thing again in a House .",
        "a Praise Section makes up for the Blame Part of the book .",
        "no Hero in this House is what the reader of the Rank page expects .",
        "the scenes in City are Blame , those in Region Praise .",
        "if you have a free evening , spend it with this Thing and its Friend .",
    ],
    "Rank": ["first", "second", "third", "fourth", "last"],
    "Career": ["was once a Hero", "grew up in City", "has won Number prizes", "lives in Region"],
    "Hero": each("doctor sailor widow gardener teacher"),
    "Friend": each("soldier detective painter orphan clockmaker"),
    "House": each("hotel cottage farm palace hospital prison tower lighthouse"),
    "Thing": each("letter diary map photograph key violin painting recipe"),
    "Part": ["dialogue", "style", "tone"],
    "Section": ["ending", "plot", "middle"],
    "Praise": each("moving clever funny precise tender convincing surprising"),
    "Blame": each("slow clumsy predictable sentimental confusing dull"),
    "Relation": ["friends", "enemies", "rivals", "neighbours", "strangers"],
    "Region": REGIONS, "City": CITIES, "Number": NUMBERS,
}  # fmt: skip

RULES: dict[str, tuple[str, tuple[str, ...], dict[str, Weights]]] = {
    "encyclopedia": ("encyclopedia.example", tuple(TOWNS), ENCYCLOPEDIA),
    "news": ("news.example", tuple(PEOPLE), NEWS),
    "guides": ("kitchen.example", tuple(DISHES), GUIDES),
    "books": ("books.example", tuple(TITLES), BOOKS),
}
PROPER = frozenset([*TOWNS, *PEOPLE, *TITLES, *RIVERS, *CITIES, *REGIONS[:4], *DAYS, *MONTHS])
