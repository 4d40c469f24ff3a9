"""A Scrapy pipeline that validates articles as they come and builds a release when the spider closes.

Run it against any site or folder of HTML files:

    scrapy runspider scrapy_pipeline.py -a start=https://example.org/ -s PRESSMARK_DATASET=news

``news`` is a dataset: ``pressmark.Dataset.create("news", "articles/*.jsonl", source="article")`` makes one. An article
that breaks the schema is dropped with its reasons in the log, and kept in ``rejects.jsonl.zst``, so that nothing is
lost: after the schema or the spider was corrected, ``pressmark retry`` reads that file.
"""

import json
from pathlib import Path

import pressmark
import scrapy
from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem


class PressmarkPipeline:
    """Writes valid articles to the dataset's inputs and builds a release of them."""

    def __init__(self, folder: str) -> None:
        self.dataset = pressmark.Dataset(folder)
        self.inputs = Path(self.dataset.path) / "articles"
        self.release: pressmark.Release | None = None

    @classmethod
    def from_crawler(cls, crawler: scrapy.crawler.Crawler) -> "PressmarkPipeline":
        pipeline = cls(crawler.settings.get("PRESSMARK_DATASET", "."))
        pipeline.crawler = crawler
        return pipeline

    def open_spider(self) -> None:
        self.inputs.mkdir(exist_ok=True)
        self.validate = self.dataset.validator(rejects=self.inputs.parent / "rejects.jsonl.zst", name="spider")
        self.file = open(self.inputs / "crawl.jsonl", "a", encoding="utf-8")

    def process_item(self, item: object) -> object:
        article = ItemAdapter(item).asdict()
        try:
            self.validate(article)
        except pressmark.Rejected as rejected:
            raise DropItem(f"{article.get('url')}: {rejected.violations}") from rejected
        # The article as it was crawled: the build validates and converts it.
        self.file.write(json.dumps(article, ensure_ascii=False) + "\n")
        return item

    def close_spider(self) -> None:
        self.file.close()
        self.validate.close()
        self.release = self.dataset.build(bump="auto")
        self.crawler.spider.logger.info("%r: %r", self.release, self.release.report)


class ArticleSpider(scrapy.Spider):
    """Follows the links of a page and takes an article from each."""

    name = "articles"
    custom_settings = {"ITEM_PIPELINES": {PressmarkPipeline: 300}}

    def __init__(self, start: str, **arguments: object) -> None:
        super().__init__(**arguments)
        self.start_urls = [start]

    def parse(self, response):
        yield from response.follow_all(css="a.article", callback=self.parse_article)

    def parse_article(self, response):
        yield {
            "url": response.css("link[rel=canonical]::attr(href)").get(),
            "title": response.css("h1::text").get(),
            "published_at": response.css("time::attr(datetime)").get(),
            "text": "\n\n".join(response.css("article p::text").getall()) or None,
        }
