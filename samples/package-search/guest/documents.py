"""What the guest knows about itself, as documents to search: its packages' descriptions and the common licences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Document:
    name: str
    summary: str
    text: str


def read_packages(lines: Iterable[str]) -> Iterator[Document]:
    """Reads dpkg's status format (deb822): paragraphs of fields, whose further lines begin with a space."""
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    for line in [*lines, '\n']:
        if line.strip() == '':
            yield from to_document(fields)
            fields = {}
        elif line[0] in ' \t':
            values.append(line.strip())
        else:
            name, _, value = line.partition(':')
            values = fields[name.lower()] = [value.strip()]


def to_document(fields: dict[str, list[str]]) -> Iterator[Document]:
    installed = fields.get('status', [''])[0] == 'install ok installed'
    if installed and 'package' in fields and 'description' in fields:
        summary, *text = fields['description']
        yield Document(fields['package'][0], summary, '\n'.join('' if line == '.' else line for line in text))


def read_licences(folder: Path) -> Iterator[Document]:
    """Links (GPL -> GPL-3) are left out: they would show the same text twice."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_file() and not path.is_symlink():
            text = path.read_text(encoding='utf-8', errors='replace')
            title = next((line.strip() for line in text.splitlines() if line.strip()), path.name)
            yield Document(path.name, f'Licence: {title}', text)


def read_documents(root: Path = Path('/')) -> list[Document]:
    with open(root / 'var/lib/dpkg/status', encoding='utf-8', errors='replace') as status:
        packages = list(read_packages(status))
    return packages + list(read_licences(root / 'usr/share/common-licenses'))
