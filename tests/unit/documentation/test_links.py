#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Every relative link of a page leads to a file, and its #heading to a heading there.

usage: test_links.py SOURCE-TREE
"""
import re
import sys
from pathlib import Path

FOLDERS = ('Documentation', 'emulator', 'tests', 'examples')


def pages_of(tree):
    yield from tree.glob('*.md')
    for folder in FOLDERS:
        yield from (tree / folder).rglob('*.md')


def headings_of(page):
    """As they are in links: lower case, without signs, hyphens for spaces."""
    for heading in re.findall(r'^#+ (.*)$', page.read_text(), re.M):
        yield re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-')


def broken_links(page):
    for link in re.findall(r'\]\(([^)\s]+)\)', page.read_text()):
        name, _, heading = link.partition('#')
        target = page.parent / name if name else page
        if '://' in link:
            continue
        if not target.exists() or (heading and heading not in headings_of(target)):
            yield link


def main():
    tree = Path(sys.argv[1])
    pages = sorted(pages_of(tree))
    wrong = [f'{page.relative_to(tree)}: {link} leads nowhere'
             for page in pages for link in broken_links(page)]
    print('\n'.join(wrong) or f'the links of {len(pages)} pages lead somewhere')
    return bool(wrong) or not pages


if __name__ == '__main__':
    sys.exit(main())
