"""The short code of a published report: easy to read aloud and to type, and a slip of the pen is noticed."""

import secrets

# Twenty-three signs, a prime number, without those that look alike on paper: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
LENGTH = 7


def new_code():
    """Seven random signs and a check sign; 3.4 thousand million codes."""
    signs = "".join(secrets.choice(ALPHABET) for _sign in range(LENGTH))
    return signs + _check_sign(signs)


def read_code(text):
    """A code as a person typed it → as it is stored; None when it cannot be one (a slip, a sign too few)."""
    signs = "".join(c for c in text.upper() if c.isalnum())
    if len(signs) != LENGTH + 1 or any(c not in ALPHABET for c in signs):
        return None
    return signs if _check_sign(signs[:-1]) == signs[-1] else None


def shown(code):
    """As it is printed: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


def _check_sign(signs):
    """Signs weighted 1 to 7, summed modulo a prime: one wrong sign and two exchanged ones are always noticed."""
    total = sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(signs, start=1))
    return ALPHABET[total % len(ALPHABET)]
