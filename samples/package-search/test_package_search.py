"""python3 -m unittest discover samples/package-search"""

import json
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parent / 'guest'))
from documents import Document, read_documents, read_packages  # noqa: E402
from index import Index, to_match  # noqa: E402
from server import BadRequest, Server, parse_search  # noqa: E402

STATUS = """\
Package: tar
Status: install ok installed
Description: GNU version of the tar archiving utility
 Tar is a program for packaging a set of files as a single archive.
 .
 It restores them, too.

Package: gone
Status: deinstall ok config-files
Description: a package that was removed

Package: nameless
Status: install ok installed
"""
DOCUMENTS = [
    Document('nginx', 'small, powerful, scalable web/proxy server', 'Nginx is a web server.'),
    Document('tar', 'GNU version of the tar archiving utility', 'packages files; a web of files'),
    Document('GPL-3', 'Licence: GNU GENERAL PUBLIC LICENSE', 'You may convey verbatim copies.'),
]


class Documents(unittest.TestCase):
    def test_keeps_installed_packages_with_a_description(self):
        [tar] = read_packages(STATUS.splitlines(keepends=True))
        self.assertEqual((tar.name, tar.summary), ('tar', 'GNU version of the tar archiving utility'))
        self.assertTrue(tar.text.endswith('archive.\n\nIt restores them, too.'))

    def test_adds_each_licence_once(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / 'var/lib/dpkg').mkdir(parents=True)
            (root / 'var/lib/dpkg/status').write_text(STATUS)
            licences = root / 'usr/share/common-licenses'
            licences.mkdir(parents=True)
            (licences / 'GPL-3').write_text('\n   GNU GENERAL PUBLIC LICENSE\n')
            (licences / 'GPL').symlink_to('GPL-3')
            self.assertEqual([each.name for each in read_documents(root)], ['tar', 'GPL-3'])


class Search(unittest.TestCase):
    def setUp(self):
        self.index = Index(DOCUMENTS)

    def test_ranks_names_and_summaries_above_text(self):
        self.assertEqual([hit['name'] for hit in self.index.search('web server', 10)], ['nginx', 'tar'])
        scores = [hit['score'] for hit in self.index.search('web server', 10)]
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_finds_stems_and_beginnings_and_obeys_the_limit(self):
        self.assertEqual(self.index.search('packaging', 10)[0]['name'], 'tar')
        self.assertEqual(self.index.search('licen', 10)[0]['name'], 'GPL-3')
        self.assertEqual(len(self.index.search('gnu', 1)), 1)

    def test_takes_the_syntax_of_fts5_as_words(self):
        for hostile in ['"', '" OR 1', 'name:tar', 'NEAR(', '*', '^', "'; DROP TABLE document", 'a AND', '(', '\0', '\ud800']:
            with self.subTest(hostile):
                self.index.search(hostile, 10)
        self.assertEqual(to_match('"OR" name:tar*'), '"OR"* OR "name"* OR "tar"*')
        self.assertEqual(self.index.search('?!', 10), [])

    def test_each_index_has_its_own_id(self):
        self.assertNotEqual(self.index.id, Index(DOCUMENTS).id)


class Parameters(unittest.TestCase):
    def test_defaults_and_limits(self):
        self.assertEqual(parse_search('q=web+server'), ('web server', 10))
        self.assertEqual(parse_search('q=a&limit=50'), ('a', 50))

    def test_refuses(self):
        long = 'q=' + 'x' * 201
        many = '&'.join(f'p{number}=1' for number in range(9))
        for bad in ['', 'q=', 'q=+', long, many, 'q=a&limit=0', 'q=a&limit=51', 'q=a&limit=-1', 'q=a&limit=x', 'q=a&limit=²']:
            with self.subTest(bad), self.assertRaises(BadRequest):
                parse_search(bad)


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(('127.0.0.1', 0), Index(DOCUMENTS))
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def get(self, path):
        try:
            with urlopen(f'http://127.0.0.1:{self.server.server_port}{path}', timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as problem:
            with problem:
                return problem.code, problem.read().decode()

    def test_search_tells_what_it_found_and_who_answered(self):
        status, body = self.get('/search?q=web&limit=1')
        answer = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual([hit['name'] for hit in answer['hits']], ['nginx'])
        self.assertEqual((answer['query'], answer['indexed']), ('web', 3))
        self.assertEqual(answer['indexId'], self.server.index.id)
        self.assertRegex(answer['servedAt'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')
        self.assertEqual(set(answer), {'query', 'hits', 'indexed', 'bootId', 'indexId', 'tookMs', 'servedAt'})

    def test_health_page_and_refusals(self):
        self.assertEqual(json.loads(self.get('/healthz')[1])['status'], 'ok')
        self.assertIn('<form', self.get('/')[1])
        self.assertEqual(self.get('/nothing')[0], 404)
        self.assertEqual(self.get('//[')[0], 404)
        self.assertEqual(self.get('/search')[0], 400)
        self.assertEqual(self.get('/search?q=' + quote('" OR ('))[0], 200)
        self.assertEqual(self.get('/search?q=%ff%ed%a0%80')[0], 200)

    def test_closes_connections_beyond_its_limit(self):
        taken = 0
        while self.server.free.acquire(blocking=False):
            taken += 1
        with self.assertRaises(OSError):
            self.get('/healthz')
        for _ in range(taken):
            self.server.free.release()
        self.assertEqual(self.get('/healthz')[0], 200)


if __name__ == '__main__':
    unittest.main()
