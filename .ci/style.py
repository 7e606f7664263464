#!/usr/bin/env python3
"""style.py TREE: limits on size, and words that have no place in finished code.

 S1  a C file has at most 1000 lines, a function at most 100, a regression input at most 250
 S2  no TODO, FIXME, XXX or HACK
 S3  no path of one machine (a file of ours works anywhere)
 S4  no blanks at the end of a line
"""
import os
import re
import sys

MAX_FILE, MAX_FUNCTION, MAX_REGRESS = 1000, 100, 250
WORDS = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')
PLACES = re.compile(r'/work/(main|shared|wt-)|/home/[a-z]+/')
OWN = ('.c', '.h', '.sql', '.sh', '.py', '.pl', '.spec', '.md', '.txt')

bad = 0


def say(path, line, rule, what):
    global bad
    bad += 1
    print(f'{path}:{line}: {rule} {what}')


def functions(path, lines):
    """A function's body begins and ends with a brace alone in column one."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
        elif line.startswith('}') and start is not None:
            if line == '}' and number - start + 1 > MAX_FUNCTION:
                say(path, start, 'S1', f'function of {number - start + 1} lines, at most {MAX_FUNCTION}')
            start = None


def check(path):
    try:
        lines = open(path, encoding='utf-8').read().split('\n')
    except UnicodeDecodeError:
        say(path, 0, 'S2', 'not UTF-8')
        return
    count = len(lines) - 1
    if path.endswith(('.c', '.h')):
        if count > MAX_FILE:
            say(path, count, 'S1', f'{count} lines, at most {MAX_FILE}')
        functions(path, lines)
    if re.match(r'sql/[^/]*\.sql$', path) and count > MAX_REGRESS:
        say(path, count, 'S1', f'{count} lines, at most {MAX_REGRESS}')
    for number, line in enumerate(lines, 1):
        if path != '.ci/style.py' and WORDS.search(line):
            say(path, number, 'S2', line.strip()[:80])
        if path != '.ci/style.py' and PLACES.search(line):
            say(path, number, 'S3', line.strip()[:80])
        if re.search(r'[ \t]$', line) and not path.endswith('.md'):
            say(path, number, 'S4', 'blank at the end of the line')


os.chdir(sys.argv[1])
for folder, folders, files in os.walk('.'):
    folders[:] = [f for f in folders if f not in ('.git', 'build', 'results', 'output_iso', 'tmp_check', 'demo')
                  or folder == './test']
    for name in sorted(files):
        path = os.path.relpath(os.path.join(folder, name), '.')
        if name.endswith(OWN) or name == 'Makefile':
            if not re.match(r'analytics--.*\.sql$', path):
                check(path)
print(f'style: {bad} finding(s)')
sys.exit(bad > 0)
