// Written by web/generate.py from the Python types. Do not edit.
export const PATHS: readonly string[] = [
  "/oauth/identity",
  "/users/{username}/collection/folders",
  "/users/{username}/collection/fields",
  "/users/{username}/collection/value",
  "/users/{username}/collection/folders/0/releases",
  "/users/{username}/collection/releases/{#release_id}",
  "/users/{username}/wants",
  "/releases/{#release_id}"
];
export const QUERY: readonly string[] = ["page", "per_page", "sort", "sort_order"];
export const RATE_HEADER = "ratelimit";
export const AUTHORIZATION = /^(?:Discogs token=[!-~]{1,500})$/;
