"""The words exports use for our fields: Bitrix24, amoCRM and Kommo, shops, spreadsheets; Russian and English.

Phrases are in the normal form of `headers.normalise`: lower case, no punctuation, `ё` as `е`, `e-mail` as `email`.
Within a field the more telling phrase comes first: when two headers claim one field, the earlier phrase wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Entity = Literal["", "deal", "contact", "company", "requisite", "product"]
"""Whose column it is: «Контакт: Имя» is `contact`, «Рабочий телефон (компания)» is `company`, a bare header is `""`."""

ENTITY_WORDS: Final[Mapping[str, Entity]] = {
    "контакт": "contact",
    "contact": "contact",
    "основной контакт": "contact",
    "компания": "company",
    "company": "company",
    "реквизит": "requisite",
    "реквизиты": "requisite",
    "requisite": "requisite",
    "company details": "requisite",
    "details": "requisite",
    "сделка": "deal",
    "deal": "deal",
    "lead": "deal",
    "товар": "product",
    "product": "product",
}


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


# Parts of a name: not fields of the base, they make up `contact`.
LAST_NAME: Final = "contact.last"
FIRST_NAME: Final = "contact.first"
MIDDLE_NAME: Final = "contact.middle"

_PLACE: Final[Mapping[str, tuple[str, ...]]] = {
    "country": ("страна", "country", "country name", "страна клиента"),
    "region": ("регион", "область", "край", "субъект рф", "регион область", "region", "state", "province"),
    "city": ("город", "населенный пункт", "city", "town", "город клиента", "город доставки"),
    "address": _phrases(
        """адрес | полный адрес | юридический адрес | фактический адрес | адрес клиента | address | full address |
        street address"""
    ),
}  # fmt: skip

_REQUISITE: Final[Mapping[str, tuple[str, ...]]] = {
    "inn": ("инн", "inn", "tax id", "tax number", "vat id", "tin"),
    "kpp": ("кпп", "kpp"),
    "ogrn": ("огрн", "огрнип", "огрн огрнип", "ogrn", "ogrnip"),
    "okved": ("оквэд", "основной оквэд", "код оквэд", "оквэд основной", "okved"),
}

_DEAL: Final[Mapping[str, tuple[str, ...]]] = {
    "order_id": _phrases(
        """id сделки | номер сделки | номер заказа | id заказа | код заказа | заказ номер | номер чека | номер счета |
        номер накладной | номер документа | номер продажи | номер покупки | order id | order number | order no |
        orderid | ordernumber | invoice no | invoice number | invoice id | invoice | invoiceno | deal id | lead id |
        transaction id | transactionid | receipt no | receipt number | receipt id | purchase id | sale id |
        номер транзакции | id транзакции | id покупки | заказ | чек | order | номер"""
    ),
    "title": _phrases(
        """название сделки | наименование сделки | deal name | deal title | lead title | lead name | название заказа |
        opportunity name | сделка"""
    ),
    "pipeline": ("воронка", "название воронки", "направление сделки", "направление", "pipeline", "sales pipeline"),
    "stage": _phrases(
        """стадия сделки | этап сделки | статус сделки | статус заказа | deal stage | lead stage | lead status |
        pipeline stage | order status | stage | стадия | этап | статус | status | payment status | статус оплаты |
        состояние"""
    ),
    "closed": ("сделка закрыта", "закрыта", "закрыт", "deal closed", "closed", "is closed"),
    "amount": _phrases(
        """сумма сделки | бюджет сделки | бюджет | сумма заказа | сумма покупки | сумма продажи | сумма чека |
        сумма со скидкой | итоговая сумма | итого к оплате | сумма итого | сумма оплаты | сумма платежа | выручка |
        стоимость заказа | сумма | стоимость | итого | оплачено | deal amount | lead value | deal value |
        opportunity | order amount | order total | order value | grand total | total amount | total price |
        total revenue | total sales | total spent | net amount | sales amount | purchase amount | transaction amount
        | line total | sale | budget | amount | revenue | total | sum | sales | payment | payment value | income |
        turnover | оборот | доход | платеж"""
    ),
    "discount": ("скидка", "сумма скидки", "discount", "discount amount"),
    "currency": ("валюта", "валюта сделки", "currency", "currency code", "код валюты"),
    "created_at": _phrases(
        """дата создания сделки | дата создания | дата заказа | дата и время заказа | дата покупки | дата продажи |
        дата сделки | дата чека | дата операции | дата транзакции | дата документа | дата счета | дата накладной |
        дата отгрузки | создана | created at | created on | date created | create date | creation date |
        created date | order date | order datetime | order timestamp | order purchase timestamp | order created at |
        invoice date | purchase date | purchased at | ordered at | transaction date | transaction time | sale date |
        date of purchase | date time | datetime | дата и время | timestamp | date | дата | created | day |
        invoicedate | orderdate | период | event time | event date"""
    ),
    "closed_at": _phrases(
        """дата завершения | дата закрытия | дата закрытия сделки | дата завершения сделки | дата успешного завершения
        | дата оплаты | дата платежа | closed at | close date | closed on | closed date | date closed | closing date
        | end date | paid at | payment date | completed at | предполагаемая дата закрытия | expected close date"""
    ),
    "channel": _phrases(
        """канал продаж | канал сделки | канал заказа | канал | источник сделки | источник заказа | deal source |
        sales channel | order source | channel"""
    ),
    "manager": _phrases(
        """ответственный | ответственный за сделку | ответственный пользователь | менеджер | ответственный менеджер |
        продавец | responsible | responsible person | responsible user | lead responsible user | manager |
        sales manager | deal owner | owner | sales rep"""
    ),
    "product_id": _phrases(
        """код товара | артикул | id товара | sku | stock code | stockcode | product id | product code | product sku |
        item id | item code | productid | article | артикул товара"""
    ),
    "product": _phrases(
        """товар | название товара | наименование товара | номенклатура | продукт | наименование | услуга | product |
        product name | product title | item | item name | товар услуга | позиция"""
    ),
    "category": _phrases(
        """категория товара | категория | группа товаров | раздел товара | товарная группа | product category |
        category | product group | category name | product type"""
    ),
    "quantity": _phrases(
        """количество | кол во | количество товара | количество единиц | quantity | qty | units | item quantity |
        number of items | кол | колво"""
    ),
    "price": _phrases(
        """цена | цена товара | цена за единицу | цена за штуку | unit price | unitprice | item price | price |
        price per unit"""
    ),
}  # fmt: skip

EDUCATION: Final = ("образование", "уровень образования", "образование клиента", "education", "education level")
INCOME: Final = _phrases(
    """уровень дохода | доход клиента | доход семьи | доход семьи в месяц | доход в месяц | ежемесячный доход | группа дохода |
    категория дохода | income level | income band | income group | household income | monthly income | annual income"""
)
BARE_INCOME: Final = ("доход", "income")
"""What the customer earns in a file of people, what was sold in a file of orders."""

_WHO: Final[Mapping[str, tuple[str, ...]]] = {
    "customer_id": _phrases(
        """id клиента | код клиента | номер клиента | клиент id | id покупателя | код покупателя | номер карты |
        код контрагента | id контрагента | id пользователя | номер карты клиента | customer id | customerid |
        customer number | customer no | customer code | client id | clientid | client code | client number |
        buyer id | user id | userid | account id | member id | household key | card number | visitor id |
        customer unique id | loyalty card"""
    ),
    "customer_name": _phrases(
        """клиент | имя клиента | фио клиента | название клиента | наименование клиента | покупатель | имя покупателя |
        фио покупателя | заказчик | контрагент | наименование контрагента | плательщик | получатель | customer name
        | customer | client name | client | buyer | buyer name | account name | account | имя | name | фио |
        full name | фамилия имя отчество"""
    ),
    "company_id": ("id компании", "компания id", "company id", "companyid"),
    "company": _phrases(
        """название компании | компания | организация | название организации | наименование организации | юр лицо |
        юридическое лицо | наименование компании | company name | company | organization | organisation |
        contact s company | contact company | компания контакта | полное название компании | contact s company name
        | lead company"""
    ),
    "company_industry": _phrases(
        """сфера деятельности | отрасль | вид деятельности | индустрия | сфера деятельности компании | отрасль компании
        | industry"""
    ),
    "contact_id": ("id контакта", "контакт id", "contact id", "contactid"),
    "contact": _phrases(
        """полное имя контакта | основной контакт | контакт | контактное лицо | имя контакта | фио контакта |
        contact name | main contact | contact full name | contact | contact person | primary contact"""
    ),
    LAST_NAME: ("фамилия", "фамилия клиента", "фамилия контакта", "last name", "lastname", "surname", "family name"),
    FIRST_NAME: ("first name", "firstname", "given name"),
    MIDDLE_NAME: ("отчество", "отчество клиента", "second name", "middle name", "patronymic"),
    "job_title": ("должность", "должность контакта", "position", "job title", "post"),
    "birth_on": _phrases(
        """дата рождения | день рождения | дата рождения клиента | birthdate | birth date | birthday | date of birth |
        dob"""
    ),
    "gender": ("пол", "пол клиента", "gender", "sex"),
    "education": EDUCATION,
    "income": INCOME,
    "source": _phrases(
        """источник | источник клиента | источник контакта | источник трафика | рекламный источник | source |
        utm source | lead source | traffic source | customer source"""
    ),
}  # fmt: skip

_PERSON: Final[Mapping[str, tuple[str, ...]]] = {
    "contact_id": ("id", "ид"),
    LAST_NAME: ("фамилия", "last name", "surname"),
    FIRST_NAME: ("имя", "first name"),
    MIDDLE_NAME: ("отчество", "second name", "middle name"),
    "contact": ("полное имя", "фио", "имя и фамилия", "full name", "название", "name", "контакт", "contact"),
    "job_title": ("должность", "position", "job title"),
    "birth_on": ("дата рождения", "день рождения", "date of birth", "birthdate", "birthday"),
    "gender": ("пол", "gender", "sex"),
    "education": EDUCATION,
    "income": (*INCOME, *BARE_INCOME),
    "source": ("источник", "source"),
    "company": ("компания", "company"),
    **_PLACE,
    **_REQUISITE,
}

_FIRM: Final[Mapping[str, tuple[str, ...]]] = {
    "company_id": ("id", "ид"),
    "company": ("название компании", "название", "наименование", "company name", "name", "компания", "company"),
    "company_industry": ("сфера деятельности", "отрасль", "industry", "вид деятельности"),
    **_PLACE,
    **_REQUISITE,
}

SYNONYMS: Final[Mapping[Entity, Mapping[str, tuple[str, ...]]]] = {
    "": {**_DEAL, **_WHO, **_PLACE, **_REQUISITE},
    "deal": {
        **_DEAL,
        "order_id": ("id", "ид", *_DEAL["order_id"]),
        "title": ("название", "name", "title", *_DEAL["title"]),
        "channel": ("источник", "source", "utm source"),
    },
    "contact": _PERSON,
    "company": _FIRM,
    "requisite": _REQUISITE,
    "product": {
        "product_id": ("id", "артикул", "код"),
        "product": ("название", "наименование", "name", "товар", "product"),
        "category": ("категория", "раздел", "category"),
        "quantity": _DEAL["quantity"],
        "price": _DEAL["price"],
    },
}
"""For each owner of a column, the phrases of each field."""

BARE_WORDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    # what a header without an owner means only inside a known layout; asked before SYNONYMS
    "bitrix24": {
        "order_id": ("id", "ид"),
        "amount": ("сумма", "amount", "сумма и валюта"),
        FIRST_NAME: ("имя", "name"),
        "title": ("название", "title"),
        "channel": ("источник сделки", "источник", "source", "utm source"),
        "closed_at": ("дата завершения", "предполагаемая дата закрытия", "end date", "expected close date"),
    },
    "amocrm": {
        "order_id": ("id", "ид"),
        "title": ("название", "name", "title"),
        "contact": ("полное имя", "full name"),
        "channel": ("источник сделки", "источник", "источник трафика", "source", "utm source"),
        "amount": ("бюджет", "бюджет руб", "sale", "budget", "price", "lead price"),
    },
    "orders": {
        "order_id": ("id", "ид"),
        "title": ("название", "title"),
        "channel": ("источник", "source", "utm source"),
    },
    "order-lines": {
        "product": ("description", "описание", "название", "название товара"),
        "product_id": ("код", "code"),
    },
    "contacts": {
        "contact": ("фио", "full name", "имя и фамилия", "полное имя", "contact name"),
        FIRST_NAME: ("имя", "first name"),
        "customer_name": ("name", "клиент", "customer"),
        "customer_id": ("id", "ид"),
        "source": ("источник", "source"),
        "income": BARE_INCOME,
    },
}

PHONE_WORDS: Final = frozenset({"телефон", "тел", "phone", "telephone", "mobile", "мобильный", "сотовый", "моб"})
PHONE_ATTRIBUTES: Final = frozenset(
    _phrases(
        """рабочий | мобильный | домашний | другой | контактный | прямой | для | рассылок | основной |
        дополнительный | номер | телефона | телефоны | клиента | покупателя | контакта | сотовый | контактное |
        лицо | work | mobile | home | other | direct | main | number | cell | customer | client | buyer | contact
        | billing | shipping | company | компании"""
    )
)
EMAIL_WORDS: Final = frozenset({"email", "почта", "mail", "emails"})
EMAIL_ATTRIBUTES: Final = frozenset(
    _phrases(
        """рабочий | частный | личный | другой | для | рассылок | адрес | электронная | электронный | эл |
        контактный | клиента | покупателя | контакта | основной | work | personal | private | home | other | main
        | address | customer | client | buyer | contact | billing | company | компании"""
    )
)
COMPANY_WORDS: Final = frozenset({"company", "компании"})

REQUISITE_TOKENS: Final[Mapping[str, str]] = {
    "инн": "inn", "inn": "inn", "кпп": "kpp", "kpp": "kpp", "огрн": "ogrn", "огрнип": "ogrn", "ogrn": "ogrn",
    "оквэд": "okved", "okved": "okved",
}  # fmt: skip
"""Words that name a requisite wherever they stand in a header."""

REQUISITE_STRANGERS: Final = frozenset({"банка", "банк", "менеджера", "сотрудника", "нашей", "bank", "наш", "поставщика"})
"""Words that say the requisite is not the customer's."""

UNIT_WORDS: Final = frozenset(
    _phrases(
        """руб | рублей | рубли | р | rub | rur | usd | eur | gbp | kzt | ₽ | $ | € | £ | шт | штук | utc | мск |
        msk"""
    )
)
"""Words that give a unit and do not change what the column is."""

FALSE_FRIENDS: Final = frozenset({"contract", "contracts", "договор", "договора", "contrast"})
"""Words a letter away from ours that mean something else: they stop approximate matching."""

STRICT_FIELDS: Final = frozenset(
    {
        "order_id", "customer_id", "company_id", "contact_id", "product_id", "amount", "discount", "price", "quantity",
        "created_at", "closed_at", "birth_on", "closed", "stage", "inn", "kpp", "ogrn", "okved",
    }
)  # fmt: skip
"""Fields where a wrong guess costs more than none: an exact phrase, or one mistyped letter in a long one."""

ORDER_FIELDS: Final = frozenset(
    {
        "order_id", "title", "pipeline", "stage", "closed", "amount", "discount", "currency", "closed_at", "channel",
        "product_id", "product", "category", "quantity", "price",
    }
)  # fmt: skip
"""Fields of a sale: people and companies have none."""

CRM_PERSON_MARKS: Final = frozenset(
    {"рабочий телефон", "рабочий email", "тип контакта", "work phone", "work email", "contact type", "тип компании"}
)
"""Headers that say that a bare «ID» is an id inside the CRM, not a customer number."""

COMPANY_MARKS: Final = frozenset({"название компании", "тип компании", "company name", "company type", "кол во сотрудников"})
PERSON_MARKS: Final = frozenset(
    {"имя", "фамилия", "фио", "полное имя", "имя и фамилия", "first name", "last name", "full name", "name", "контакт"}
)

BITRIX_MARKS: Final = frozenset(
    _phrases(
        """стадия сделки | сделка закрыта | повторная сделка | дата завершения | предполагаемая дата закрытия |
        deal closed | repeat deal | тип сделки | вероятность | expected close date | дополнительно об источнике |
        сумма и валюта"""
    )
)
"""Headers of deals that Bitrix24 writes and others do not."""

AMO_MARKS: Final = frozenset(
    _phrases(
        """этап сделки | бюджет | полное имя контакта | компания контакта | кем создана сделка | кем редактирована |
        дата редактирования | основной контакт | ответственный за контакт | теги сделки | дата создания сделки |
        lead title | lead status | lead stage | sale | main contact | contact s company | lead tags |
        lead responsible user | примечание 1 | note 1 | lead name | теги | тег сделки"""
    )
)
"""Headers of leads that amoCRM and Kommo write and others do not."""

LEAD_MARKS: Final = frozenset({"название лида", "повторный лид", "дополнительно о статусе", "создан crm формой"})
"""Headers of Bitrix24 leads: people who have not bought."""
