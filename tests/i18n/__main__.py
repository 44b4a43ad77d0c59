"""Write the template of all catalogs, and update each catalog from it.

python -m tests.i18n             update every catalog
python -m tests.i18n de          start another catalog
python -m tests.i18n --check     print what is missing or wrong, and change nothing
"""

from __future__ import annotations

import argparse
import sys
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.i18n.languages import DOMAIN, FOLDER
from tests.i18n.checks import differences, faults, is_translated
from tests.i18n.template import build_template


def main() -> int:
    """Update or check the catalogs; return 1 if something is missing or wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.i18n", description=__doc__)
    parser.add_argument("languages", nargs="*", help="codes of languages to begin, such as de")
    parser.add_argument("--check", action="store_true", help="change nothing")
    args = parser.parse_args()
    template = build_template()
    files = sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    files += [FOLDER / each / "LC_MESSAGES" / f"{DOMAIN}.po" for each in args.languages]
    wrong = 0
    for file in files:
        catalog = _read(file)
        if not args.check:
            catalog.update(template, no_fuzzy_matching=True)
            _write(file, catalog)
        left = sum(not is_translated(each) for each in catalog if each.id)
        found = list(faults(template, catalog))
        if args.check:
            found += sorted(differences(template, catalog))
        wrong += len(found)
        for each in found:
            print(f"{file.parts[-3]}: {each}")
        print(f"{file.parts[-3]}: {len(catalog)} texts, {left} not translated, {len(found)} faults")
    return 1 if wrong else 0


def _read(file: Path) -> Catalog:
    code = file.parts[-3]
    if not file.exists():
        return Catalog(locale=code, domain=DOMAIN, project="Zhiyin", fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=code, domain=DOMAIN)


def _write(file: Path, catalog: Catalog) -> None:
    # Neither dates nor line numbers nor authors, so that two people can change one file.
    catalog.fuzzy = False
    catalog.header_comment = f"# {Locale.parse(file.parts[-3]).english_name} texts of Zhiyin."
    text = BytesIO()
    write_po(
        text, catalog, width=100, omit_header=False, include_lineno=False, ignore_obsolete=True
    )
    lines = text.getvalue().decode().splitlines()
    kept = [line for line in lines if not line.startswith(_CHANGING)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(kept).strip() + "\n", encoding="utf-8")


_CHANGING = (
    '"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Generated-By',
    '"Report-Msgid-Bugs-To', '"Project-Id-Version', '"Language-Team',
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
