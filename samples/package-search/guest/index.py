"""A full-text index that exists in memory alone: a VM that answers from it was resumed with it, not started anew."""

import re
import secrets
import sqlite3
import threading
from collections.abc import Sequence

from documents import Document

MAX_TERMS = 16
# A word in a name says more than one in the summary, and that more than one in the text.
WEIGHTS = '10.0, 4.0, 1.0'


def to_match(query: str) -> str:
    """Turns what a person typed into an FTS5 expression; quoting each word keeps FTS5's own syntax out of reach."""
    terms = re.findall(r'\w+', query)[:MAX_TERMS]
    return ' OR '.join(f'"{term}"*' for term in terms)


class Index:
    def __init__(self, documents: Sequence[Document]):
        self.id = secrets.token_hex(8)
        self.size = len(documents)
        self.lock = threading.Lock()
        self.database = sqlite3.connect(':memory:', check_same_thread=False)
        self.database.execute("CREATE VIRTUAL TABLE document USING fts5(name, summary, text, tokenize='porter unicode61')")
        self.database.executemany(
            'INSERT INTO document VALUES (?, ?, ?)', [(each.name, each.summary, each.text) for each in documents]
        )

    def search(self, query: str, limit: int) -> list[dict]:
        """The best hits first; a higher score is a better hit."""
        match = to_match(query)
        if not match:
            return []
        with self.lock:
            rows = self.database.execute(
                f'SELECT name, summary, -bm25(document, {WEIGHTS}) AS score FROM document'
                ' WHERE document MATCH ? ORDER BY score DESC, name LIMIT ?',
                (match, limit),
            ).fetchall()
        return [{'name': name, 'summary': summary, 'score': round(score, 3)} for name, summary, score in rows]
