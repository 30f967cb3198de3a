"""The words that the studio's painter knows, and what they make it paint. Data only.

A word of a prompt counts in lower case, as it is or without a plural's `s`; signs of Chinese and
Japanese count wherever they stand. Of several words for one thing the first in the prompt wins.
"""

from __future__ import annotations

from typing import Literal

Hour = Literal["dawn", "day", "dusk", "night"]
Ground = Literal[
    "mountains", "hills", "forest", "sea", "desert", "city", "street",
    "interior", "underwater", "space", "fire", "abstract",
]  # fmt: skip
Weather = Literal["rain", "storm", "snow", "fog"]
Figure = Literal["lighthouse", "boat", "tree", "person", "birds", "house"]
RGB = tuple[int, int, int]

HOURS: dict[Hour, str] = {
    "dawn": """
        dawn sunrise morning daybreak early spring pastel 朝 рассвет утро aube matin amanecer
    """,
    "day": """
        day noon midday sunny daylight afternoon summer bright blue-sky clear 昼 день jour día
    """,
    "dusk": """
        dusk sunset evening twilight golden autumn fall warm sundown romantic 夕 закат вечер soir
        atardecer
    """,
    "night": """
        night midnight moon moonlit moonlight stars starry dark neon nocturnal milky lantern
        aurora 夜 ночь nuit noche nacht
    """,
}

GROUNDS: dict[Ground, str] = {
    "mountains": """
        mountain alpine peak cliff canyon summit glacier valley himalaya alps everest volcano
        climber eagle 山 горы montagne montaña
    """,
    "hills": """
        hill field meadow grass farm countryside village pasture garden flower prairie park
        horse sheep cow dog wheat vineyard road picnic butterfly 野 поле campo
    """,
    "forest": """
        forest wood jungle pine tree trail deer fox wolf bear cabin mushroom rainforest bamboo
        fairy elf owl 森 лес forêt bosque wald
    """,
    "sea": """
        sea ocean beach coast shore wave boat ship sail sailboat lighthouse harbor harbour
        island surfer surf seaside pirate lagoon bay dock pier 海 море mer mar meer
    """,
    "desert": """
        desert dune sand sahara camel cactus mars martian oasis pyramid wasteland alien planet
        rover 砂 пустыня désert desierto
    """,
    "city": """
        city skyline skyscraper tokyo york manhattan downtown metropolis urban rooftop cyberpunk
        futuristic drone building tower bridge traffic 城 город ville ciudad stadt
    """,
    "street": """
        street alley sidewalk cafe café market shop taxi car bus neon pedestrian subway
        crosswalk bike cyclist 街 улица rue calle
    """,
    "interior": """
        room interior inside kitchen office bedroom studio desk table window library museum hall
        house home cat kitten chef coffee tea piano stair stairs classroom laboratory lab lamp
        sofa chair keyboard 室 комната
    """,
    "underwater": """
        underwater fish coral reef whale jellyfish submarine diver diving seabed turtle shark
        octopus kelp aquarium mermaid dolphin 魚 подводный
    """,
    "space": """
        space galaxy nebula astronaut rocket spaceship orbit star-field cosmos cosmic universe
        satellite asteroid comet saturn jupiter 宇 星 космос espace
    """,
    "fire": """
        fire campfire bonfire flame dragon lava ember inferno burning fireplace torch forge 火
        огонь feu
    """,
    "abstract": """
        abstract pattern particle shape geometric product logo perfume bottle watch sneaker
        gradient liquid paint ink minimal fractal kaleidoscope music dance dancer macro
    """,
}

WEATHERS: dict[Weather, str] = {
    "storm": """
        storm thunderstorm thunder lightning tempest hurricane stormy 嵐 雷 гроза orage tormenta
    """,
    "rain": """
        rain rainy raining drizzle shower wet monsoon umbrella downpour puddle 雨 дождь pluie
        lluvia regen
    """,
    "snow": """
        snow snowy snowfall winter blizzard ice icy christmas frost frozen snowflake arctic 雪
        снег neige nieve schnee
    """,
    "fog": """
        fog foggy mist misty haze hazy smoke smoky steam eerie ghost 霧 туман brume niebla nebel
    """,
}

FIGURES: dict[Figure, str] = {
    "lighthouse": "lighthouse keeper",
    "boat": "boat ship sail sailboat sailing fisherman pirate canoe yacht",
    "tree": "tree oak cherry blossom sakura lonely",
    "person": """
        person man woman girl boy child kid people figure traveler traveller hiker walker
        walking keeper knight king queen samurai warrior astronaut robot he she they couple
        climber detective wizard monk artist runner surfer cyclist wanderer
    """,
    "birds": "bird seagull gull eagle crow flock geese swallow owl flying",
    "house": "house cabin farm barn cottage hut village home castle temple church",
}

WATER = """
    lake river pond water reflection harbor harbour bay canal sea ocean coast shore wave
    beach lighthouse boat island 湖 川 river озеро река lac lago
"""
TWO_MOONS = "moons planets suns"

COLOURS: dict[RGB, str] = {
    (196, 48, 44): "red crimson scarlet ruby blood mars martian",
    (236, 126, 38): "orange amber rust copper autumn",
    (246, 190, 74): "yellow gold golden honey",
    (62, 142, 78): "green emerald jade mossy",
    (34, 160, 164): "teal turquoise cyan aqua",
    (52, 98, 200): "blue azure cobalt sapphire",
    (126, 74, 186): "purple violet lavender magical mystical",
    (232, 92, 150): "pink rose magenta neon cyberpunk sakura cherry",
}
