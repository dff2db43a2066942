"""The JSON of the library flatted: a list in which each text inside is the place of another.

https://github.com/WebReflection/flatted
"""

import orjson

_DEEPEST = 200
_MOST_VALUES = 1_000_000
"""What names one thing often says much in a few bytes; beyond this it stays as it is written."""


def unflattened(text: str) -> object:
    """What a text in this form says; what contains itself has null in that place.

    Raises:
        ValueError: It is in another form, or says too much.
    """
    places = orjson.loads(text)
    if not isinstance(places, list) or not places:
        raise ValueError
    left = _MOST_VALUES

    def read(item: object, inside: tuple[int, ...]) -> object:
        nonlocal left
        left -= 1
        if left < 0 or len(inside) > _DEEPEST:
            raise ValueError
        if not isinstance(item, str):
            return _each(item, inside)
        place = int(item)
        if not 0 <= place < len(places):
            raise ValueError
        if place in inside:
            return None
        found = places[place]
        return found if isinstance(found, str) else _each(found, (*inside, place))

    def _each(item: object, inside: tuple[int, ...]) -> object:
        if isinstance(item, dict):
            return {name: read(value, inside) for name, value in item.items()}
        if isinstance(item, list):
            return [read(value, inside) for value in item]
        return item

    return places[0] if isinstance(places[0], str) else _each(places[0], (0,))
