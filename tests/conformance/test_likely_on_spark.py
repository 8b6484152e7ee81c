"""The same model on Splink's two engines: DuckDB, and Spark through Spark Connect (served by Sail)."""

import pytest

from kogorta.base.matching.cards import block_cards, lay_cards
from kogorta.base.matching.comparisons import TRAITS
from kogorta.base.matching.splink_model import Weights, duck_api, score, spark_api

NAMES = ("Тестова Анна Петровна", "Anna Testova", "Тестова А. П.", "Образцов Пётр", "Obraztsov Petr", "Примерова Ольга")


def person(number, name):
    deal = {"ID": str(number), "Стадия сделки": "Сделка успешна", "Сумма": "100", "Дата создания": "2026-01-05"}
    return {
        **deal,
        "Контакт: ID": str(number),
        "Контакт": name,
        "Контакт: Город": "Москва",
        "Контакт: Рабочий телефон": f"+7 999 000-0{number % 2}-0{number}",
    }


@pytest.fixture
def session():
    server_of = pytest.importorskip("pysail.spark", reason="Sail serves Spark Connect in development installs only")
    from pyspark.sql.connect.session import SparkSession

    server = server_of.SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
    yield spark
    spark.stop()
    server.stop()


@pytest.mark.filterwarnings("ignore")
def test_spark_connect_gives_the_pairs_and_weights_of_duckdb(make_base, session):
    base = make_base([person(number, name) for number, name in enumerate(NAMES, 1)])
    connection = base.connection
    lay_cards(connection, "match_customers", "customers")
    block_cards(connection, "match_customers", "person", "match_blocked")
    weights = Weights("person", TRAITS["person"])
    query = "SELECT unique_id_l, unique_id_r, round(match_weight, 6) FROM {} ORDER BY 1, 2"
    duck = connection.execute(query.format(score(duck_api(connection), weights, "match_blocked", 0.01, 0.0))).fetchall()

    cards = connection.table("match_blocked")
    kinds = {"VARCHAR": "string", "VARCHAR[]": "array<string>"}
    schema = ", ".join(f"`{name}` {kinds[str(kind)]}" for name, kind in zip(cards.columns, cards.types, strict=True))
    session.createDataFrame(cards.fetchall(), schema).createOrReplaceTempView("match_cards_of_spark")
    spark = session.sql(query.format(score(spark_api(session), weights, "match_cards_of_spark", 0.01, 0.0))).collect()
    assert len(duck) >= 4
    assert [tuple(row) for row in spark] == duck
