"""``arena top``: what is asked for, held and used."""
