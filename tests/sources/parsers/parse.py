"""Prints what a parser makes of a page, exactly as it makes it.

Usage: parse.py PARSER PAGE URL, PARSER being trafilatura or newspaper4k.
"""

import sys
from pathlib import Path


def trafilatura(html, url):
    from trafilatura import extract

    return extract(html, url=url, output_format="json", with_metadata=True)


def newspaper4k(html, url):
    from newspaper import Article

    article = Article(url)
    article.download(input_html=html)
    article.parse()
    return article.to_json()


PARSERS = {"trafilatura": trafilatura, "newspaper4k": newspaper4k}

if __name__ == "__main__":
    name, page, url = sys.argv[1:]
    print(PARSERS[name](Path(page).read_text(encoding="utf-8"), url))
