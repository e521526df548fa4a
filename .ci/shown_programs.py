"""Reads the programs that a page of Markdown shows; `.ci/recipes` says by which rules.

A page has blocks, the blocks of Rust have items, and the items make up one or more programs. Each
program becomes one crate. Nothing is built here.
"""

import collections
import re
import tomllib

FIRST_PAGE = "README.md"

# A block of a page: its language, the number of its first line, and its text.
Block = collections.namedtuple("Block", "language line text")
# A crate: the page, the tables of its manifest (table, name, entry), its source, the source of the
# library that the program uses or "", and what runs: "run", "test" or "".
Crate = collections.namedtuple("Crate", "name page tables source library command")

# Comments, strings and characters, in which a bracket is no bracket.
LITERAL = re.compile(
    r"""
      //[^\n]* | /\*.*?\*/
    | \b[bc]?r(?P<hashes>\#*)" .*? "(?P=hashes)
    | \b[bc]?" (?:\\.|[^"\\])* " | " (?:\\.|[^"\\])* "
    | ' (?: \\[^\n]{1,8}? | [^'\\\n] ) '
    """,
    re.VERBOSE | re.DOTALL,
)
ITEM = re.compile(
    r"^(?:pub(?:\([^)]*\))? )?(?:(?:async|const|unsafe|extern(?: \"C\")?) )*"
    r"(fn|struct|enum|union|trait|type|mod|static|const|macro_rules!) (\w+)"
)


def pages_of(root):
    """The pages whose code comes from tested files; other pages have examples for rustdoc."""
    paths = {root / FIRST_PAGE}
    for pattern in ("*/README.md", "integrations/*/README.md", "docs/**/*.md", "*/docs/**/*.md"):
        paths.update(root.glob(pattern))
    for path in sorted(paths):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if "\n<!-- excerpt: " in text:
            yield path.relative_to(root).as_posix(), text


def crates_of(page, text, default_tables):
    """The crates of a page; only the last is run."""
    blocks = list(blocks_of(text))
    tables = entries_of(blocks) or default_tables
    library = "".join(block.text for block in blocks if is_library(block))
    if library:
        tables = {**tables, "lib": {"name": re.search(r"^cargo new (\w+)$", text, re.MULTILINE)[1]}}
    name = re.sub(r"\W+", "-", page.removesuffix(".md").lower())
    *steps, last = programs_of(page, blocks) or [""]
    for number, source in enumerate(steps, 1):
        yield Crate(f"{name}-{number}", page, tables, source, library, "")
    if last:
        yield Crate(name, page, tables, last, library, command_of(page, blocks))


def blocks_of(text):
    """The fenced blocks of a page."""
    fence, lines, before = None, [], ""
    for number, line in enumerate(text.split("\n"), 1):
        if fence is None and line.startswith("```"):
            fence, first, lines = line[3:].strip(), number + 1, []
            if before.endswith("#before -->"):
                fence = "before"
        elif fence is not None and line.startswith("```"):
            yield Block(fence, first, "\n".join(lines) + "\n")
            fence = None
        elif fence is not None:
            lines.append(line)
        before = line


def is_library(block):
    return block.text.startswith("// src/lib.rs\n")


def entries_of(blocks):
    """The entries of all tables of dependencies, by table and name; the last one wins."""
    tables = {}
    for block in blocks:
        if block.language != "toml" or "dependencies]" not in block.text:
            continue
        try:
            manifest = tomllib.loads(block.text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"line {block.line} of a page: {error}\n{block.text}") from error
        for table, entries in manifest.items():
            if table.endswith("dependencies"):
                for name, entry in entries.items():
                    entry = {"version": entry} if isinstance(entry, str) else entry
                    tables.setdefault(table, {})[name] = entry
    return tables


def command_of(page, blocks):
    """What a page does with its program: "run", "test" or "" if the program is only built."""
    command = "run" if page == FIRST_PAGE else ""
    # The commands in a README are for a clone of this repository.
    for block in blocks if page.startswith("docs/") else []:
        if found := re.search(r"^(?:\$ )?cargo (run|test)$", block.text, re.MULTILINE):
            command = found[1]
    return command


def programs_of(page, blocks):
    """The sources that a page shows: one, and one more before each block that replaces items."""
    imports, items, programs = [], {}, []
    for block in blocks:
        if not re.match(r"rust\b", block.language) or is_library(block):
            continue
        new = {}
        for item in items_of(block.text):
            if found := re.match(r"use (.*);$", item, re.DOTALL):
                imports += [path for path in imports_of(found[1]) if path not in imports]
            else:
                new[key_of(item)] = item
        if any(key in items and items[key][1] != item for key, item in new.items()):
            programs.append((list(imports), dict(items)))
        items.update({key: (block.line, item) for key, item in new.items()})
    programs.append((imports, items))
    # Later steps of a program may no longer need an import of the first.
    allowed = "unused, dead_code" if len(programs) > 1 else "unused_variables, dead_code"
    return [source_text(page, allowed, *program) for program in programs if program[1]]


def source_text(page, allowed, imports, items):
    parts = [f"#![deny(warnings)]\n#![allow({allowed})]"]
    if any(has_tests(item) for _, item in items.values()):
        parts += ["#![cfg_attr(not(test), allow(unused_imports))]"]
    parts += ["\n".join(f"use {path};" for path in imports)]
    parts += [f"// {page}:{line}\n{item}" for line, item in items.values()]
    return "\n\n".join(parts) + "\n"


def has_tests(source):
    """Whether `#[test]`, `#[tokio::test(…)]` or the like stands in it."""
    return bool(re.search(r"^ *#\[(?:\w+::)*test\b", source, re.MULTILINE))


def items_of(text):
    """The items of formatted source, each with its attributes and comments."""
    bare = LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    item, depth, in_item = [], 0, False
    for line, code in zip(text.split("\n"), bare.split("\n")):
        item.append(line)
        depth += sum(code.count(c) for c in "([{") - sum(code.count(c) for c in ")]}")
        in_item |= bool(code.strip()) and not code.startswith(("#", " ", ")", "]"))
        if in_item and depth == 0 and code.rstrip().endswith((";", "}")):
            yield "\n".join(item).strip("\n")
            item, in_item = [], False
    if "".join(item).strip():
        yield "\n".join(item).strip("\n")


def key_of(item):
    """What must be unique in a file: the name of the item, or its whole head."""
    lines = item.split("\n")
    code = "\n".join(line for line in lines if not line.startswith(("//", "#", ")", "]", "    ")))
    if found := ITEM.match(code):
        kind = "type" if found[1] in ("struct", "enum", "union", "trait") else found[1]
        return (kind.replace("static", "const"), found[2])
    return ("", code.split("{")[0].strip() if code.startswith("impl") else item)


def imports_of(tree, prefix=""):
    """The paths of a `use` tree."""
    tree = tree.strip()
    found = re.match(r"([^{]*)\{(.*)\}$", tree, re.DOTALL)
    if not found:
        # `a::self` is `a`.
        yield re.sub(r"::self\b", "", prefix + tree)
        return
    depth, part = 0, ""
    for c in found[2] + ",":
        depth += (c == "{") - (c == "}")
        if c == "," and depth == 0:
            if part.strip():
                yield from imports_of(part, prefix + found[1])
            part = ""
        else:
            part += c
