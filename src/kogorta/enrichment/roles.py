"""The role a contact plays in a purchase, from the words of the job title, Russian or English."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kogorta.kit.language import Language


class Role(StrEnum):
    """Roles messages are written for."""

    OWNER = "owner"
    GENERAL_DIRECTOR = "general_director"
    TECHNICAL_DIRECTOR = "technical_director"
    ACCOUNTANT = "accountant"
    SALES_DIRECTOR = "sales_director"
    HR = "hr"
    MARKETING = "marketing"
    PROCUREMENT = "procurement"
    DEPARTMENT_HEAD = "department_head"
    MANAGER = "manager"
    OTHER = "other"

    def label(self, language: Language) -> str:
        """The role in the reader's language."""
        return language.text(_LABELS[self])


_LABELS: Final[Mapping[Role, str]] = {
    Role.OWNER: message("Owner"),
    Role.GENERAL_DIRECTOR: message("General director"),
    Role.TECHNICAL_DIRECTOR: message("Technical director"),
    Role.ACCOUNTANT: message("Accounting and finance"),
    Role.SALES_DIRECTOR: message("Sales director"),
    Role.HR: message("HR"),
    Role.MARKETING: message("Marketing"),
    Role.PROCUREMENT: message("Procurement"),
    Role.DEPARTMENT_HEAD: message("Head of department"),
    Role.MANAGER: message("Manager (staff)"),
    Role.OTHER: message("Other position"),
}

# Asked from top to bottom; the first that is found in the title wins. `\b` stands at both ends of each alternative.
_HEAD: Final = r"(?:директор\w*|рук|руководител\w+|начальни\w+|глав\w+|заведующ\w+|head|director|chief|vp|lead)"
_PATTERNS: Final[tuple[tuple[Role, str], ...]] = (
    (Role.OTHER, r"(?:личн\w+ |персональн\w+ )?(?:помощни\w+|ассистент\w*|секретар\w+|референт\w*|assistant|secretary)"),
    (Role.OTHER, r"product owner|владелец продукта|process owner|офис[\s-]менеджер\w*|office manager"),
    (Role.OWNER, r"собственни\w+|совладел\w+|владел\w+|учредител\w+|основател\w+|со-?основател\w+|акционер\w*|бенефициар\w*"),
    (Role.OWNER, r"ип|индивидуальн\w+ предпринимател\w+|предпринимател\w+|самозанят\w+|co-?owner|owner|co-?founder|founder"),
    (Role.ACCOUNTANT, r"(?:гл\.? ?)?бух(?:галтер\w*)?|главбух\w*|бухгалтери\w+|accountant|accounting|bookkeeper|аудитор"),
    (Role.ACCOUNTANT, r"фин\w*[\s.-]+(?:директор\w*|менеджер\w*|контрол\w+|аналитик\w*)|финдир\w*|cfo|казначе\w+"),
    (Role.ACCOUNTANT, rf"{_HEAD}.{{0,20}}\b(?:финанс\w*|экономик\w*|finance|financial)|finance .{{0,10}}director|экономист\w*"),
    (Role.HR, r"hr[\w-]*|эйчар\w*|hrd|рекрут\w*|кадровик\w*|кадр\w*|recruit\w+|people partner|human resources|talent"),
    (Role.HR, r"\w*(?:директор|руководител|начальник|менеджер|специалист|отдел)\w*.{0,25}\b(?:персонал\w*|обучени\w+)"),
    (Role.PROCUREMENT, r"закуп\w*|снабжен\w*|снабженец|тендер\w*|procurement|purchas\w+|buyer|байер\w*|мтс|category manager"),
    (Role.MARKETING, r"маркет\w*|marketing|cmo|marketer|бренд[\s-]?менеджер\w*|brand manager|рекла\w+|pr[\s-]\w+|smm[\w-]*|пиар\w*"),
    (Role.DEPARTMENT_HEAD, (r"(?:зам|заместител\w+|и\.?о|deputy|vice|вице)\b.{0,40}\b(?:директор\w*|руководител\w+|начальни\w+|"
     r"director|head|president|president|ceo)|вице[\s-]президент\w*")),
    (Role.SALES_DIRECTOR, r"коммерч\w+ директор\w*|комдир\w*|ком\.? ?дир\w*|cco|cso|cro|роп|sales director|commercial director"),
    (Role.SALES_DIRECTOR, (rf"{_HEAD}.{{0,30}}\b(?:продаж\w*|сбыт\w*|коммерц\w*|sales|revenue|business development)"
     r"|директор\w* по развитию(?: бизнеса)?|sales .{0,12}(?:head|director|lead)")),
    (Role.TECHNICAL_DIRECTOR, (r"тех\w*[\s.-]+дир\w*|техдир\w*|cto|cio|cdo|it[\s-]директор\w*|ит[\s-]директор\w*|"
     r"главн\w+ (?:инженер\w*|механик\w*|энергетик\w*|технолог\w*|конструктор\w*)|chief engineer|technical director")),
    (Role.TECHNICAL_DIRECTOR, (rf"{_HEAD}.{{0,30}}\b(?:ит|it|айти|информационн\w+|информатизац\w+|технолог\w*|technolog\w*|engineering|"
     r"технич\w+|автоматизац\w+|цифров\w+|разработк\w*)")),
    (Role.GENERAL_DIRECTOR, (r"ген\w*[\s.-]*дир\w*|гендир\w*|гд|ceo|c\.e\.o\.?|general director|managing director|general manager|"
     r"chief executive\w*|исполнительн\w+ директор\w*|управляющ\w+ директор\w*|coo|chief operating officer|президент\w*|president|"
     r"управляющ\w+ партнер\w*|managing partner|единоличн\w+ исполнительн\w+ орган\w*|председател\w+")),
    (Role.DEPARTMENT_HEAD, (r"(?:директор\w*|управляющ\w+) (?:филиал\w*|магазин\w*|подразделен\w*|департамент\w*|склад\w*|салон\w*|"
     r"ресторан\w*|по|отдел\w*|производств\w*)")),
    (Role.DEPARTMENT_HEAD, (r"(?:рук|руководител\w+|начальни\w+|глава|заведующ\w+|завед\w*|зав|управляющ\w+|старш\w+) "
     r"(?:\w+ )?(?:отдел\w*|департамент\w*|направлени\w+|групп\w+|управлени\w+|служб\w+|филиал\w*|подразделени\w+|сектор\w*|"
     r"цех\w*|склад\w*|производств\w*|участк\w+|лаборатори\w+|кафедр\w+|магазин\w*|блок\w*|клиентск\w+ \w+)")),
    (Role.MANAGER, (r"(?:рук\w*|менеджер\w*|администратор\w*|лид\w*) (?:\w+ )?проект\w*|project (?:manager|lead)|product manager|"
     r"продакт\w*|проджект\w*|account (?:manager|executive)|sales (?:manager|rep\w*|executive)|менеджер\w*|аккаунт\w*|"
     r"(?:торгов\w+|региональн\w+) представител\w+|продавец\w*|продавц\w+|специалист\w* .{0,20}продаж\w*")),
    (Role.GENERAL_DIRECTOR, (r"директор\w*|director|руководител\w+(?: (?:компании|организации|предприятия|фирмы|бизнеса))?|"
     r"глава(?: компании)?|директриса|начальник компании")),
    (Role.DEPARTMENT_HEAD, (r"начальник\w*|заведующ\w+|завхоз\w*|завуч\w*|head|team ?lead|тимлид\w*|supervisor|супервайзер\w*|"
     r"управляющ\w+|бригадир\w*|прораб\w*|chief|vp|мастер участка|руководств\w+")),
    (Role.MANAGER, r"manager|координатор\w*|coordinator"),
    (Role.OTHER, (r"инженер\w*|engineer|юрист\w*|юрисконсульт\w*|адвокат\w*|lawyer|counsel|администратор\w*|administrator|врач\w*|"
     r"doctor|учител\w+|преподавател\w+|педагог\w*|teacher|программист\w*|разработчик\w*|developer|devops|аналитик\w*|analyst|"
     r"консультант\w*|consultant|специалист\w*|specialist|эксперт\w*|expert|дизайнер\w*|designer|архитектор\w*|architect|"
     r"логист\w*|диспетчер\w*|оператор\w*|operator|водител\w+|кладовщи\w+|технолог\w*|механик\w*|мастер\w*|тренер\w*|trainer|"
     r"редактор\w*|editor|журналист\w*|переводчик\w*|методист\w*|студент\w*|student|пенсионер\w*|сотрудник\w*|работни\w+|employee|"
     r"партнер\w*|partner|риелтор\w*|агент\w*|agent|тестировщик\w*|системн\w+ администратор\w*|сисадмин\w*|охранник\w*|техник\w*")),
)  # fmt: skip
_COMPILED: Final = tuple((role, re.compile(rf"\b(?:{pattern})(?!\w)")) for role, pattern in _PATTERNS)


@lru_cache(maxsize=65_536)
def role_of(title: str | None) -> Role | None:
    """The role a job title means; None when no word of it is known.

    A title that names several goes to the strongest: «учредитель, генеральный директор» is an owner, «менеджер по
    закупкам» is procurement; deputies of a director are heads of department, assistants are nobody's boss.

    Args:
        title: job title as written.

    Example:
        >>> role_of("Коммерческий директор"), role_of("Зам. генерального директора"), role_of("?")
        (<Role.SALES_DIRECTOR: 'sales_director'>, <Role.DEPARTMENT_HEAD: 'department_head'>, None)
    """
    plain = " ".join((title or "").lower().replace("ё", "е").split())[:300]
    plain = re.sub(r"[«»\"'_,;:()/|]+", " ", plain).replace(". ", " ").strip(" .-")
    plain = " ".join(plain.split())
    if not plain:
        return None
    return next((role for role, pattern in _COMPILED if pattern.search(plain)), None)


def roles(titles: Iterable[str | None]) -> dict[str, Role]:
    """Roles of distinct job titles; unknown ones are left out.

    Example:
        >>> {title: role.value for title, role in roles(["Главный бухгалтер", "?"]).items()}
        {'Главный бухгалтер': 'accountant'}
    """
    return {title: found for title in titles if title and (found := role_of(title)) is not None}
