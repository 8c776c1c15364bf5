"""Prose in German, French, Spanish and Chinese, from small tables of phrases: enough to be told from English.

A sentence is one phrase from each column, so every combination is a sentence of its language. Written for this course.
"""

import random

from llm101.corpora.webpages_prose import pick

GERMAN = (
    ("Der alte Hafen", "Die kleine Kirche", "Das neue Museum", "Der Bürgermeister", "Die Brücke am Fluss", "Das ganze Dorf", "Jede Familie im Ort", "Der lange Winter"),
    ("ist heute", "war früher", "bleibt trotzdem", "wurde im letzten Jahr", "wird wohl bald", "gilt seit langem als"),
    ("berühmt", "sehr schön", "ziemlich teuer", "fast vergessen", "gut besucht", "ein wenig einsam", "weithin bekannt"),
    ("und niemand weiß genau warum.", "weil viele Gäste aus der Stadt kommen.", "obwohl die Straße dorthin gesperrt ist.", "denn das Wasser steht höher als sonst.", "wie die Zeitung am Montag schrieb.", "und das freut nicht nur die Kinder."),
)  # fmt: skip
FRENCH = (
    ("Le vieux port", "La petite église", "Le nouveau musée", "Le maire du village", "Ce pont sur la rivière", "Toute la région", "Chaque famille", "Cet hiver trop long"),
    ("est aujourd'hui", "était autrefois", "reste malgré tout", "a été l'année dernière", "sera sans doute bientôt", "semble depuis longtemps"),
    ("célèbre", "très agréable", "assez difficile", "presque invisible", "utile à tous", "un peu triste", "facile à reconnaître"),
    ("et personne ne sait vraiment pourquoi.", "parce que les voyageurs viennent de la ville.", "bien que la route soit fermée.", "car l'eau est plus haute que d'habitude.", "comme le journal l'écrivait lundi.", "ce qui plaît surtout aux enfants."),
)  # fmt: skip
SPANISH = (
    ("El viejo puerto", "La pequeña iglesia", "El nuevo museo", "El alcalde del pueblo", "Este puente sobre el río", "Toda la región", "Cada familia", "Este invierno tan largo"),
    ("es hoy", "era antes", "sigue siendo", "fue el año pasado", "será pronto", "parece desde hace tiempo"),
    ("muy importante", "bastante difícil", "casi invisible", "un poco triste", "agradable para todos", "especialmente interesante", "fácil de recordar"),
    ("y nadie sabe muy bien por qué.", "porque los viajeros llegan de la ciudad.", "aunque la carretera está cerrada.", "pues el agua está más alta que nunca.", "como escribió el periódico el lunes.", "lo que alegra sobre todo a los niños."),
)  # fmt: skip
CHINESE = (
    ("古老的港口", "小教堂", "新的博物馆", "村长", "河上的桥", "整个村子", "每个家庭", "漫长的冬天"),
    ("今天", "从前", "仍然", "去年", "很快就会", "一直以来都"),
    ("非常有名", "很漂亮", "相当昂贵", "几乎被忘记了", "有很多客人", "有点安静", "远近闻名"),
    ("，但是没有人知道为什么。", "，因为许多客人从城里来。", "，虽然去那里的路不通。", "，因为水比平时高。", "，星期一的报纸是这样写的。", "，这让孩子们很高兴。"),
)  # fmt: skip
LANGUAGES = {"de": (GERMAN, " "), "fr": (FRENCH, " "), "es": (SPANISH, " "), "zh": (CHINESE, "")}


def sentence(rng: random.Random, language: str) -> str:
    """One sentence of a language."""
    columns, space = LANGUAGES[language]
    return space.join(pick(rng, column) for column in columns)


def foreign(rng: random.Random, language: str) -> list[str]:
    """Three to six paragraphs of two to five sentences."""
    space = LANGUAGES[language][1]
    n = [2 + int(rng.random() * 4) for _ in range(3 + int(rng.random() * 4))]
    return [space.join(sentence(rng, language) for _ in range(k)) for k in n]
