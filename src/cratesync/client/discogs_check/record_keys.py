"""The keys that Discogs' answers are known to have, and of what kind. Pure data.

As recorded in 2023 and 2026, docs/reference/discogs.md 3.4, 4.1 to 4.3 and 5.1. `?` marks what may be missing, `[]` what stands in a list.
"""

IDENTITY = {
    "id": "integer",
    "username": "string",
    "resource_url": "string",
    "consumer_name": "string",
}
FOLDER = {"id": "integer", "name": "string", "count": "integer", "resource_url": "string"}
FIELD = {
    "id": "integer",
    "name": "string",
    "type": "string",
    "position": "integer",
    "public": "boolean",
    "options": "?list",
    "options[]": "string",
    "lines": "?integer",
}
VALUE = {"maximum": "string", "median": "string", "minimum": "string"}
VALIDATION = {
    "message": "string",
    "detail": "list",
    "detail[]": "object",
    "detail[].msg": "string",
    "detail[].loc": "list",
    "detail[].loc[]": "string|integer",
    "detail[].type": "string",
}
PAGINATION = {
    "page": "integer",
    "pages": "integer",
    "per_page": "integer",
    "items": "integer",
    "urls": "object",
    "urls.first": "?string",
    "urls.prev": "?string",
    "urls.next": "?string",
    "urls.last": "?string",
}
BASIC_INFORMATION = {
    "basic_information": "object",
    "basic_information.id": "integer",
    "basic_information.master_id": "integer",
    "basic_information.master_url": "null|string",
    "basic_information.resource_url": "string",
    "basic_information.thumb": "string",
    "basic_information.cover_image": "string",
    "basic_information.title": "string",
    "basic_information.year": "integer",
    "basic_information.formats": "list",
    "basic_information.formats[]": "object",
    "basic_information.formats[].name": "string",
    "basic_information.formats[].qty": "string",
    "basic_information.formats[].text": "?string",
    "basic_information.formats[].descriptions": "?list",
    "basic_information.formats[].descriptions[]": "string",
    "basic_information.artists": "list",
    "basic_information.artists[]": "object",
    "basic_information.artists[].name": "string",
    "basic_information.artists[].anv": "string",
    "basic_information.artists[].join": "string",
    "basic_information.artists[].role": "string",
    "basic_information.artists[].tracks": "string",
    "basic_information.artists[].id": "integer",
    "basic_information.artists[].resource_url": "string",
    "basic_information.labels": "list",
    "basic_information.labels[]": "object",
    "basic_information.labels[].name": "string",
    "basic_information.labels[].catno": "string",
    "basic_information.labels[].entity_type": "string",
    "basic_information.labels[].entity_type_name": "string",
    "basic_information.labels[].id": "integer",
    "basic_information.labels[].resource_url": "string",
    "basic_information.genres": "list",
    "basic_information.genres[]": "string",
    "basic_information.styles": "list",
    "basic_information.styles[]": "string",
}
ITEM = {
    "id": "integer",
    "instance_id": "integer",
    "date_added": "string",
    "rating": "integer",
    "folder_id": "integer",
    "notes": "?list",
    "notes[]": "object",
    "notes[].field_id": "integer",
    "notes[].value": "string",
    **BASIC_INFORMATION,
}
WANT = {
    "id": "integer",
    "resource_url": "string",
    "date_added": "string",
    "rating": "integer",
    "notes": "string",
    **BASIC_INFORMATION,
}
