#!/usr/bin/env python3
"""installsql.py FILE.sql...: rules for the install script.

 I1  no CREATE OR REPLACE and no IF NOT EXISTS: either would take over what somebody else has put there
 I2  what is created is named with the schema analytics
 I3  CREATE FUNCTION states volatility and PARALLEL
 I4  no SECURITY DEFINER
 I5  no SET of a session's settings, which would outlive CREATE EXTENSION
"""
import re
import sys

KINDS = r'FUNCTION|PROCEDURE|AGGREGATE|TABLE|VIEW|MATERIALIZED VIEW|TYPE|DOMAIN|SEQUENCE|OPERATOR CLASS|OPERATOR FAMILY|OPERATOR'
bad = 0


def blank(match):
    return re.sub(r'[^\n]', ' ', match.group())


def without_comments(text):
    """Comments, strings and quoted bodies become blanks, so that positions stay and words in them do not count."""
    text = re.sub(r"/\*.*?\*/|--[^\n]*", blank, text, flags=re.S)
    text = re.sub(r"\$(\w*)\$.*?\$\1\$", blank, text, flags=re.S)
    return re.sub(r"'(?:[^']|'')*'", blank, text, flags=re.S)


def statements(text):
    """Statements with their positions; a semicolon inside BEGIN ATOMIC ... END does not end one."""
    begin = 0
    for match in re.finditer(r';', text):
        piece = text[begin:match.start()]
        if len(re.findall(r'\bBEGIN\s+ATOMIC\b', piece, re.I)) > len(re.findall(r'\bEND\s*$', piece, re.I)):
            continue
        yield begin + len(piece) - len(piece.lstrip()), piece.strip()
        begin = match.end()


def check(path):
    global bad
    text = without_comments(open(path).read())

    def say(position, rule, what):
        global bad
        bad += 1
        print(f'{path}:{text.count(chr(10), 0, position) + 1}: {rule} {what}')

    for position, statement in statements(text):
        head = ' '.join(statement.split())[:70]
        if re.match(r'CREATE\s+OR\s+REPLACE\b', statement, re.I) or re.search(r'\bIF\s+NOT\s+EXISTS\b', statement, re.I):
            say(position, 'I1', head)
        created = re.match(rf'CREATE\s+(?:UNLOGGED\s+)?(?:{KINDS})\s+(\S+)', statement, re.I)
        if created and not created.group(1).startswith('analytics.'):
            say(position, 'I2', head)
        if re.match(r'CREATE\s+FUNCTION\b', statement, re.I):
            for words in ('IMMUTABLE|STABLE|VOLATILE', 'PARALLEL'):
                if not re.search(rf'\b({words})\b', statement, re.I):
                    say(position, 'I3', f'no {words}: {head}')
        if re.search(r'\bSECURITY\s+DEFINER\b', statement, re.I):
            say(position, 'I4', head)
        if re.match(r'SET\s+(?!LOCAL\b)', statement, re.I):
            say(position, 'I5', head)


for name in sys.argv[1:]:
    check(name)
print(f'installsql: {bad} finding(s)')
sys.exit(bad > 0)
