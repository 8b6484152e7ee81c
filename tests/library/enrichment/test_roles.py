import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.enrichment.roles import Role, role_of, roles
from kogorta.kit.language import Language

TITLES = {
    Role.OWNER: ["Собственник", "Учредитель, генеральный директор", "Co-Founder & CEO", "ИП", "Владелец", "Самозанятый"],
    Role.GENERAL_DIRECTOR: [
        "Генеральный директор", "ген.дир.", "Гендиректор", "Директор", "CEO", "General Manager", "Исполнительный директор",
        "Президент", "Управляющий партнёр", "Руководитель",
    ],
    Role.TECHNICAL_DIRECTOR: ["Технический директор", "Тех. директор", "CTO", "ИТ-директор", "Главный инженер", "Head of IT"],
    Role.ACCOUNTANT: ["Главный бухгалтер", "гл.бух", "Бухгалтер", "Финансовый директор", "CFO", "Finance Director"],
    Role.SALES_DIRECTOR: ["Коммерческий директор", "РОП", "Руководитель отдела продаж", "Head of Sales", "Начальник отдела сбыта"],
    Role.HR: ["HR", "HR-директор", "Директор по персоналу", "Рекрутер", "Специалист по кадрам", "HRBP"],
    Role.MARKETING: ["Маркетолог", "Директор по маркетингу", "CMO", "Digital-маркетолог", "PR-менеджер", "Marketing Manager"],
    Role.PROCUREMENT: ["Закупщик", "Менеджер по закупкам", "Начальник отдела снабжения", "Purchasing manager"],
    Role.DEPARTMENT_HEAD: [
        "Начальник отдела", "Руководитель отдела логистики", "Заведующий складом", "Директор филиала", "Team Lead",
        "Зам. генерального директора", "Deputy CEO", "и.о. директора", "Вице-президент",
    ],
    Role.MANAGER: ["Менеджер", "Менеджер по продажам", "Sales Manager", "Account manager", "Руководитель проекта"],
    Role.OTHER: ["Инженер", "Юрист", "Помощник руководителя", "Секретарь", "Офис-менеджер", "Product Owner", "Техник"],
}  # fmt: skip


@pytest.mark.parametrize(("role", "title"), [(role, title) for role, titles in TITLES.items() for title in titles])
def test_a_title_means_its_role(role, title):
    assert role_of(title) is role
    assert role_of(f"  {title.upper()} ") is role


@pytest.mark.parametrize("title", [None, "", "-", "?", "Принц", "Ипполит", "123"])
def test_an_unknown_title_gives_none(title):
    assert role_of(title) is None


@given(st.text(max_size=120))
def test_no_title_makes_the_reader_fail(title):
    assert role_of(title) is None or role_of(title) in Role


def test_every_role_has_its_own_word_in_both_languages():
    for code in ("ru", "en"):
        assert len({role.label(Language(code)) for role in Role}) == len(Role) == 11
    assert Role.SALES_DIRECTOR.label(Language("ru")) == "Директор по продажам"


def test_a_map_of_distinct_titles_leaves_out_unknown_ones():
    assert roles(["Директор", "?", None]) == {"Директор": Role.GENERAL_DIRECTOR}
