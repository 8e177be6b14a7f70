"""Made-up people, quickly: their values as the JSON that a lead's row holds."""

import random
from typing import NamedTuple, Self

FIRST = (
    "Ada",
    "Ben",
    "Cem",
    "Dana",
    "Edi",
    "Fia",
    "Gero",
    "Hanna",
    "Ina",
    "Jan",
    "Kai",
    "Lea",
    "Mia",
    "Noa",
    "Ole",
    "Pia",
    "Rosa",
    "Sam",
    "Tom",
    "Uta",
)
LAST = (
    "Abel",
    "Beck",
    "Conrad",
    "Dorn",
    "Ernst",
    "Falk",
    "Gross",
    "Horn",
    "Iversen",
    "Jung",
    "Kern",
    "Lang",
    "Meyer",
    "Nolte",
    "Ott",
)
CITIES = ("Berlin", "Hamburg", "München", "Köln", "Leipzig", "Bremen")
STREETS = ("Lindenweg", "Hauptstraße", "Am Markt", "Gartenallee", "Bergstraße")
WISHES = (
    "Call in the afternoon.",
    "Two offers to compare, one with storage for the night.",
    "We move in May; the roof was done four years ago and holds for another twenty.",
)
PEOPLE = 400_000


class Person(NamedTuple):
    """`values` and `raw` are JSON texts without a character that COPY would want escaped."""

    last_name: str
    email: str
    phone: str
    postcode: str
    budget: int
    tax_number: str
    ip: str
    values: str
    raw: str

    @classmethod
    def of(cls, rng: random.Random, digit: int) -> Self:
        """Somebody whose postcode begins with `digit`; some come back as another lead."""
        number = rng.randrange(PEOPLE)
        first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
        email, phone = f"{first}.{last}.{number}@post.invalid".lower(), f"+49301{number:07}"
        postcode, budget = f"{digit}{number % 10_000:04}", 5_000 + number * 31 % 30_000
        values = (
            f'{{"first_name": "{first}", "last_name": "{last}", "email": "{email}", "phone": "{phone}", '
            f'"address": {{"street": "{STREETS[number % 5]}", "house_number": "{number % 180 + 1}", '
            f'"postcode": "{postcode}", "city": "{CITIES[number % 6]}", "country_code": "DE"}}, '
            f'"budget": {budget}, "wish": "{WISHES[number % 3]}"}}'
        )
        return cls(
            last_name=last,
            email=email,
            phone=phone,
            postcode=postcode,
            budget=budget,
            tax_number=f"12/{number % 1000:03}/{number:06}",
            ip=f"198.51.100.{number % 250 + 1}",
            values=values,
            raw=f'{{"phone": "0301 {number:07}"}}',
        )
