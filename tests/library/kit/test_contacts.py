import string

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.kit import contacts
from kogorta.kit.contacts import Flaw, Number, Several


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("8 (999) 000-00-01", ("+79990000001",)),
        ("'+79990000001", ("+79990000001",)),
        ("9990000001", ("+79990000001",)),
        ("79990000001.0", ("+79990000001",)),
        ("7.9990000001E10", ("+79990000001",)),
        ("79990000001,0, 89990000002", ("+79990000001", "+79990000002")),
        ("8 (999) 000-00-01, 8 999 000-00-11", ("+79990000001", "+79990000011")),
        ("8 999 000 00 01; +7(999)000-00-03", ("+79990000001", "+79990000003")),
        ("8 999 000 00 01/8 999 000 00 02", ("+79990000001", "+79990000002")),
        ("8 999 000 00 01\n8 999 000 00 02", ("+79990000001", "+79990000002")),
        ("8 999 000 00 01 и 8 999 000 00 02", ("+79990000001", "+79990000002")),
        ("89990000001 89990000002", ("+79990000001", "+79990000002")),
        ("8 999 000 00 01, +7 999 000-00-01", ("+79990000001",)),
        ("8 495 000-00-11 доб. 12", ("+74950000011",)),
        ("8 495 000-00-11 (доб. 12), 8 999 000-00-01", ("+74950000011", "+79990000001")),
        ("8 812 999-00-00 x 12", ("+78129990000",)),
        ("моб. 8 999 000 00 01 Анна", ("+79990000001",)),
        ("8129990000", ("+78129990000",)),
        ("+89990000001", ("+79990000001",)),
        ("87010000001", ("+77010000001",)),
        ("+375 29 123-45-67", ("+375291234567",)),
        ("375291234567", ("+375291234567",)),
        ("+7\u00a0999\u00a0000\u00a000\u00a001", ("+79990000001",)),
        ("\u202a+79990000001\u202c", ("+79990000001",)),
    ],
)
def test_phones_of_a_cell_come_out_in_e164(cell, phones):
    assert contacts.read_phones(cell) == Several(phones)
    assert contacts.parse_phones(cell) == phones


@pytest.mark.parametrize(
    ("cell", "phones", "flaws"),
    [
        ("3,8E+11", (), (Flaw.EXCEL_NUMBER,)),
        ("3,8E+11; 89990000001", ("+79990000001",), (Flaw.EXCEL_NUMBER,)),
        ("7,999E+10", (), (Flaw.EXCEL_NUMBER,)),
        ("+7 (000) 000-00-00", (), (Flaw.PHONE_INVALID,)),
        ("99999999999", (), (Flaw.PHONE_INVALID,)),
        ("123-45-67", (), (Flaw.PHONE_INVALID,)),
        ("звонить утром", (), (Flaw.PHONE_INVALID,)),
        ("8 (495) 123-45-67/68", ("+74951234567",), (Flaw.PHONE_INVALID,)),
    ],
)
def test_what_is_no_phone_is_named(cell, phones, flaws):
    assert contacts.read_phones(cell) == Several(phones, flaws)


@pytest.mark.parametrize("cell", [None, "", "  ", "-", "нет", "н/д", "—", "null"])
def test_an_empty_cell_has_neither_value_nor_flaw(cell):
    assert contacts.read_phones(cell) == Several()
    assert contacts.read_emails(cell) == Several()
    assert contacts.parse_inn(cell) == contacts.parse_kpp(cell) == contacts.parse_ogrn(cell) == Number()


@given(st.integers(3_000_000_000, 9_999_999_999), st.sampled_from(["+7{}", "8{}", "7{}", "{}", "8 ({0:.3}) {0}"]))
def test_a_russian_number_is_valid_exactly_when_the_numbering_plan_says_so(national, form):
    text = str(national)
    cell = f"8 ({text[:3]}) {text[3:6]}-{text[6:8]}-{text[8:]}" if "(" in form else form.format(text)
    plan = phonenumbers.parse(f"+7{text}")
    expected = phonenumbers.is_valid_number(plan) and len(set(text)) > 1
    assert contacts.parse_phones(cell) == ((f"+7{text}",) if expected else ())


@given(st.text(alphabet=string.digits + " +-()/;,.eEхдоб'\u00a0", max_size=60))
def test_no_text_makes_the_phone_reader_fail(cell):
    for phone in contacts.read_phones(cell).values:
        assert contacts.parse_phones(phone) == (phone,)


@pytest.mark.parametrize(
    ("cell", "emails"),
    [
        ("anna@example.ru, Info@Example.RU", ("anna@example.ru", "info@example.ru")),
        ("Anna Testova <anna@example.ru>", ("anna@example.ru",)),
        ("mailto:anna@example.ru", ("anna@example.ru",)),
        ("anna@example.ru; anna@example.ru", ("anna@example.ru",)),
        ("anna@example.ru/petr@example.ru", ("anna@example.ru", "petr@example.ru")),
        ("anna@example.ru.", ("anna@example.ru",)),
        ("anna@xn--80a1acny.xn--p1ai", ("anna@почта.рф",)),
        ("anna+news@mail.example.co.uk", ("anna+news@mail.example.co.uk",)),
    ],
)
def test_emails_of_a_cell_come_out_lower_cased(cell, emails):
    assert contacts.read_emails(cell) == Several(emails)
    assert contacts.parse_emails(cell) == emails


@pytest.mark.parametrize(
    "cell", ["anna@mail,ru", "anna@example", "a@@b.ru", "a..b@example.ru", "почта@example.ru", "a@-b.ru", "анна", "a@b.c"]
)
def test_what_is_no_email_is_named(cell):
    assert contacts.read_emails(cell) == Several((), (Flaw.EMAIL_INVALID,))


@given(st.text(max_size=80))
def test_no_text_makes_the_other_readers_fail(cell):
    contacts.read_emails(cell)
    for read in (contacts.parse_inn, contacts.parse_kpp, contacts.parse_ogrn):
        found = read(cell)
        assert found.value is None or found.flaw is None
    contacts.split_company_name(cell)
    contacts.normalise_person_name(cell)
    contacts.mask(cell)


@pytest.mark.parametrize(
    ("cell", "inn", "restored"),
    [
        ("7707083893", "7707083893", False),
        ("500100732259", "500100732259", False),
        ("'7707083893", "7707083893", False),
        ("ИНН 7707083893", "7707083893", False),
        ("7707083893/770701001", "7707083893", False),
        (" 7707 083 893 ", "7707083893", False),
        ("7707083893.0", "7707083893", True),
        ("7707083893,00", "7707083893", True),
        ("7.707083893E9", "7707083893", True),
        ("274062111", "0274062111", True),
    ],
)
def test_an_inn_is_normalised_and_restored(cell, inn, restored):
    assert contacts.parse_inn(cell) == Number(inn, restored=restored)


@pytest.mark.parametrize(
    ("cell", "flaw"),
    [
        ("7707083894", Flaw.INN_CHECKSUM),
        ("500100732258", Flaw.INN_CHECKSUM),
        ("770708389", Flaw.INN_CHECKSUM),
        ("0000000000", Flaw.INN_PLACEHOLDER),
        ("000000000000", Flaw.INN_PLACEHOLDER),
        ("111", Flaw.INN_PLACEHOLDER),
        ("123", Flaw.INN_LENGTH),
        ("77070838931", Flaw.INN_CHECKSUM),
        ("7707083893123", Flaw.INN_LENGTH),
        ("есть", Flaw.INN_LENGTH),
        ("1,0277E+12", Flaw.EXCEL_NUMBER),
        ("7,70708E+09", Flaw.EXCEL_NUMBER),
    ],
)
def test_a_bad_inn_is_refused_with_its_reason(cell, flaw):
    assert contacts.parse_inn(cell) == Number(flaw=flaw)


@given(st.integers(10_000_000, 999_999_999))
def test_nine_of_ten_wrong_last_digits_break_the_checksum(body):
    values = [contacts.parse_inn(f"{body:09d}{digit}").value for digit in range(10)]
    assert sum(value is not None for value in values) <= 1


@given(st.integers(1_000_000_000, 99_999_999_999))
def test_a_valid_twelve_digit_inn_survives_the_loss_of_its_leading_zero(body):
    valid = [found for tail in range(100) if (found := contacts.parse_inn(f"0{body % 10**9:09d}{tail:02d}").value) is not None]
    assert all(contacts.parse_inn(inn[1:]) in (Number(inn, restored=True), Number(inn[1:])) for inn in valid)
    assert len(valid) <= 1


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("770701001", Number("770701001")),
        ("7707AB001", Number("7707AB001")),
        ("7707083893/770701001", Number("770701001")),
        ("20701001", Number("020701001", restored=True)),
        ("77070100", Number("077070100", restored=True)),
        ("770701001.0", Number("770701001", restored=True)),
        ("77", Number(flaw=Flaw.KPP_FORMAT)),
        ("000000000", Number(flaw=Flaw.KPP_FORMAT)),
    ],
)
def test_a_kpp_has_nine_signs(cell, found):
    assert contacts.parse_kpp(cell) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1027700132195", Number("1027700132195")),
        ("ОГРН 1027700132195", Number("1027700132195")),
        ("1027700132195.0", Number("1027700132195", restored=True)),
        ("304500116000157", Number("304500116000157")),
        ("1027700132196", Number(flaw=Flaw.OGRN_CHECKSUM)),
        ("0000000000000", Number(flaw=Flaw.OGRN_CHECKSUM)),
        ("10277001321", Number(flaw=Flaw.OGRN_LENGTH)),
        ("1,0277E+12", Number(flaw=Flaw.EXCEL_NUMBER)),
    ],
)
def test_an_ogrn_holds_its_control_digit(cell, found):
    assert contacts.parse_ogrn(cell) == found


@pytest.mark.parametrize(
    "name",
    [
        "ООО «Ромашка»",
        '"Ромашка", ООО',
        'Общество с ограниченной ответственностью "Ромашка"',
        "РОМАШКА",
        "ооо ромашка",
        "OOO Ромашка",
        "О.О.О. «Ромашка»",
    ],
)
def test_spellings_of_one_company_have_one_normal_name(name):
    assert contacts.normalise_company_name(name) == "ромашка"


def test_initials_are_not_taken_for_an_entrepreneur():
    assert contacts.split_company_name("Примеров И. П.").form is None
    assert contacts.split_company_name("ИП Примеров И. П.").form == "ип"
    assert contacts.split_company_name("Индивидуальный предприниматель Примеров").form == "ип"


@pytest.mark.parametrize(
    ("name", "company", "entrepreneur"),
    [
        ("ООО «Пример-Строй»", True, False),
        ("ИП Примеров П. П.", False, True),
        ("Acme, Inc.", True, False),
        ("МБОУ СОШ № 5", True, False),
        ("Завод имени Лихачёва", True, False),
        ("Аонова Анна", False, False),
        (None, False, False),
        ("ООО", False, False),
    ],
)
def test_a_name_says_whether_it_is_a_company(name, company, entrepreneur):
    assert contacts.is_company_name(name) is company
    assert contacts.is_entrepreneur(name) is entrepreneur


def test_a_twelve_digit_inn_makes_an_entrepreneur_unless_a_company_form_is_written():
    assert contacts.is_entrepreneur("Пётр Примеров", "500100732259")
    assert not contacts.is_entrepreneur("ООО «Пример»", "500100732259")
    assert not contacts.is_entrepreneur("Пример", "7707083893")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("  ИВАНОВ  иван ", "Иванов Иван"),
        ("петрова-водкина анна", "Петрова-Водкина Анна"),
        ("о'нил джон", "О'нил Джон"),
        ("МакГрегор Джон", "МакГрегор Джон"),
        (None, ""),
    ],
)
def test_a_person_name_gets_its_capitals_back(written, normal):
    assert contacts.normalise_person_name(written) == normal


def test_the_key_of_a_person_forgets_order_case_and_yo():
    assert contacts.person_key("Тестова Алёна") == contacts.person_key("АЛЕНА  тестова") == "алена тестова"


def test_a_log_line_shows_no_address_and_no_number():
    line = "anna@example.ru звонила с 8 (999) 000-00-01, ИНН 7707083893, 2026-11-22"
    assert contacts.mask(line) == "a***@example.ru звонила с 89*******01, ИНН 77******93, 2026-11-22"
