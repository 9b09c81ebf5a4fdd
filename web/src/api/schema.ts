// Written by web/generate.py from the Python types. Do not edit.
export type Everything = (Artist | CollectionChanges | CollectionItem | CollectionPage | Community | Company | ConfirmBody | Confirmed | CredentialsBody | DeliveryLog | DeliveryShape | Differences | Facets | FieldShape | Fields | FolderCount | FolderShape | Folders | Format | Health | HeldRecord | HeldRemovals | History | Identifier | Image | InvitationEntry | InvitationList | ItemChange | Label | LinkBody | Me | MirrorSchedule | MirrorState | MonthCount | NameCount | NewInvitation | NewToken | NewTokenBody | NewWebhookBody | Note | Notice | NumberCount | PasswordBody | PasswordChangeBody | RateLimitShape | RegistrationBody | ReleaseDetails | ReleaseShape | ScheduleBody | ScheduleShape | SessionEntry | SessionList | SignIn | Started | Statistics | SubTrack | Summary | SyncBody | SyncRecord | SyncStatusShape | TokenBody | TokenEntry | TokenList | TokenSaved | Totals | Track | ValueShape | Values | Video | WantChange | WantedRelease | WantlistChanges | WantlistPage | WebhookChangeBody | WebhookList | WebhookShape | WebhookWithSecret)

export interface Artist {
id?: (number | null)
name?: (string | null)
anv?: (string | null)
join?: (string | null)
role?: (string | null)
tracks?: (string | null)
}
export interface CollectionChanges {
nextSince: number
isMore: boolean
changes: ItemChange[]
}
export interface ItemChange {
seq: number
action: string
key: number
fields: string[]
before: (Differences | null)
after: (Differences | null)
sessionId: (string | null)
at: string
isMirrored: boolean
record: (CollectionItem | null)
}
export interface Differences {
folderId?: (number | null)
rating?: (number | null)
notes?: (Note[] | string | null)
masterId?: (number | null)
title?: (string | null)
year?: (number | null)
artists?: Artist[]
labels?: Label[]
formats?: Format[]
genres?: string[]
styles?: string[]
}
export interface Note {
fieldId: number
value?: (string | null)
}
export interface Label {
id?: (number | null)
name?: (string | null)
catno?: (string | null)
}
export interface Format {
name?: (string | null)
qty?: (string | number | null)
text?: (string | null)
descriptions?: (string[] | null)
}
export interface CollectionItem {
releaseId: number
rating: (number | null)
dateAdded: (string | null)
masterId: (number | null)
title: (string | null)
year: (number | null)
artists: Artist[]
labels: Label[]
formats: Format[]
genres: string[]
styles: string[]
thumb: (string | null)
coverImage: (string | null)
firstSeenAt: string
updatedAt: string
instanceId: number
folderId: (number | null)
notes: Note[]
}
export interface CollectionPage {
items: CollectionItem[]
nextCursor: (string | null)
total: number
mirror: MirrorState
}
export interface MirrorState {
checkedAt: (string | null)
verifiedAt: (string | null)
overdue: boolean
changeSeq: number
}
export interface Community {
have?: (number | null)
want?: (number | null)
ratingCount?: (number | null)
ratingAverage?: (number | null)
}
export interface Company {
id?: (number | null)
name?: (string | null)
catno?: (string | null)
role?: (string | null)
}
export interface ConfirmBody {
confirm: boolean
}
export interface Confirmed {
removed: number
kept: number
}
export interface CredentialsBody {
username: string
password: string
}
export interface DeliveryLog {
items: DeliveryShape[]
nextCursor: (string | null)
}
export interface DeliveryShape {
id: string
event: string
payload: string
status: ("pending" | "delivered" | "failed")
attempts: number
dueAt: (string | null)
responseStatus: (number | null)
error: (string | null)
createdAt: string
updatedAt: string
}
export interface Facets {
total: number
folders: FolderCount[]
genres: NameCount[]
styles: NameCount[]
formats: NameCount[]
decades: NumberCount[]
labels: NameCount[]
ratings: NumberCount[]
}
export interface FolderCount {
value: number
name: (string | null)
count: number
}
export interface NameCount {
value: string
count: number
}
export interface NumberCount {
value: number
count: number
}
export interface FieldShape {
id: number
name: string
type: string
position: (number | null)
public: (boolean | null)
options: (string[] | null)
lines: (number | null)
}
export interface Fields {
fields: FieldShape[]
}
export interface FolderShape {
id: number
name: string
count: (number | null)
}
export interface Folders {
folders: FolderShape[]
}
export interface Health {
status: string
}
export interface HeldRecord {
key: number
releaseId: number
title: (string | null)
year: (number | null)
artists: Artist[]
labels: Label[]
formats: Format[]
}
export interface HeldRemovals {
total: number
items: HeldRecord[]
nextAfter: (number | null)
}
export interface History {
items: SyncRecord[]
nextCursor: (string | null)
}
export interface SyncRecord {
sessionId: string
syncType: ("collection" | "wantlist")
status: string
origin: string
percentComplete: number
startedAt: string
completedAt: (string | null)
errorCode: (string | null)
errorMessage: (string | null)
summary: (Summary | null)
}
export interface Summary {
added?: number
updated?: number
removed?: number
unchanged?: number
requests?: number
seconds?: number
verified?: boolean
heldRemovals?: number
warnings?: Notice[]
}
export interface Notice {
code: string
message: string
}
export interface Identifier {
type?: (string | null)
value?: (string | null)
description?: (string | null)
}
export interface Image {
type?: (string | null)
uri?: (string | null)
uri150?: (string | null)
width?: (number | null)
height?: (number | null)
}
export interface InvitationEntry {
id: string
createdAt: string
expiresAt: string
usedAt: (string | null)
}
export interface InvitationList {
items: InvitationEntry[]
}
export interface LinkBody {
code: string
username?: (string | null)
}
export interface Me {
id: string
username: string
isOwner: boolean
hasPassword: boolean
discogsUsername: (string | null)
hasDiscogsToken: boolean
tokenValid: (boolean | null)
discogsTokenState: (string | null)
createdAt: string
}
export interface MirrorSchedule {
syncType: ("collection" | "wantlist")
checkedAt: (string | null)
verifiedAt: (string | null)
dueAt: (string | null)
notBefore: (string | null)
failures: number
overdue: boolean
}
export interface MonthCount {
month: string
count: number
}
export interface NewInvitation {
id: string
code: string
link: string
expiresAt: string
}
export interface NewToken {
id: string
name: string
scopes: string[]
token: string
createdAt: string
expiresAt: (string | null)
}
export interface NewTokenBody {
name: string
scopes: string[]
expiresAt?: (string | null)
}
export interface NewWebhookBody {
url: string
events?: (string[] | null)
}
export interface PasswordBody {
password: (string | null)
}
export interface PasswordChangeBody {
currentPassword: (string | null)
newPassword: string
}
export interface RateLimitShape {
userId: string
remaining: number
limit: number
windowReset: (string | null)
lastUpdated: (string | null)
recommendedDelay: number
callsPerWindow: number
windowSeconds: number
}
export interface RegistrationBody {
username: string
password: string
invitation?: (string | null)
}
export interface ReleaseDetails {
releaseId: number
masterId?: (number | null)
title?: (string | null)
year?: (number | null)
artists?: Artist[]
labels?: Label[]
formats?: Format[]
genres?: string[]
styles?: string[]
country?: (string | null)
released?: (string | null)
notes?: (string | null)
tracklist?: Track[]
credits?: Artist[]
companies?: Company[]
identifiers?: Identifier[]
series?: Label[]
videos?: Video[]
images?: Image[]
community?: Community
}
export interface Track {
position?: (string | null)
type?: (string | null)
title?: (string | null)
duration?: (string | null)
artists?: Artist[]
credits?: Artist[]
subTracks?: SubTrack[]
}
export interface SubTrack {
position?: (string | null)
type?: (string | null)
title?: (string | null)
duration?: (string | null)
artists?: Artist[]
credits?: Artist[]
}
export interface Video {
uri?: (string | null)
title?: (string | null)
description?: (string | null)
durationSeconds?: (number | null)
}
export interface ReleaseShape {
release: ReleaseDetails
fetchedAt: string
stale: boolean
}
export interface ScheduleBody {
mode: string
everyHours?: (number | null)
dailyAt?: (string | null)
timeZone?: (string | null)
}
export interface ScheduleShape {
mode: ("every" | "daily" | "off")
everyHours: (number | null)
dailyAt: (string | null)
timeZone: (string | null)
chosen: boolean
mirrors: MirrorSchedule[]
}
export interface SessionEntry {
id: string
createdAt: string
lastUsedAt: string
expiresAt: string
userAgent: string
address: string
current: boolean
}
export interface SessionList {
items: SessionEntry[]
}
export interface SignIn {
accessToken: string
tokenType: string
expiresIn: number
user: Me
}
export interface Started {
sessionId: string
status: string
message: string
}
export interface Statistics {
totals: Totals
decades: NumberCount[]
genres: NameCount[]
styles: NameCount[]
formats: NameCount[]
labels: NameCount[]
artists: NameCount[]
ratings: NumberCount[]
additions: MonthCount[]
}
export interface Totals {
records: number
releases: number
labels: number
artists: number
}
export interface SyncBody {
syncType: string
fullSync?: boolean
pageLimit?: (number | null)
}
export interface SyncStatusShape {
sessionId: string
syncType: ("collection" | "wantlist")
status: string
revision: number
totalRequests: number
completedRequests: number
failedRequests: number
percentComplete: number
itemsDone: number
itemsTotal: (number | null)
currentAction: (string | null)
reason: (string | null)
resumeAt: (string | null)
estimatedTimeLeft: (string | null)
estimatedSecondsLeft: (number | null)
startedAt: string
estimatedCompletion: (string | null)
completedAt: (string | null)
errorCode: (string | null)
errorMessage: (string | null)
summary: (Summary | null)
}
export interface TokenBody {
discogsToken: string
}
export interface TokenEntry {
id: string
name: string
scopes: string[]
createdAt: string
expiresAt: (string | null)
lastUsedAt: (string | null)
}
export interface TokenList {
items: TokenEntry[]
}
export interface TokenSaved {
message: string
tokenValid: (boolean | null)
}
export interface ValueShape {
recordedAt: string
minimum: (string | null)
median: (string | null)
maximum: (string | null)
}
export interface Values {
value: (ValueShape | null)
history: ValueShape[]
}
export interface WantChange {
seq: number
action: string
key: number
fields: string[]
before: (Differences | null)
after: (Differences | null)
sessionId: (string | null)
at: string
isMirrored: boolean
record: (WantedRelease | null)
}
export interface WantedRelease {
releaseId: number
rating: (number | null)
dateAdded: (string | null)
masterId: (number | null)
title: (string | null)
year: (number | null)
artists: Artist[]
labels: Label[]
formats: Format[]
genres: string[]
styles: string[]
thumb: (string | null)
coverImage: (string | null)
firstSeenAt: string
updatedAt: string
notes: (string | null)
}
export interface WantlistChanges {
nextSince: number
isMore: boolean
changes: WantChange[]
}
export interface WantlistPage {
items: WantedRelease[]
nextCursor: (string | null)
total: number
mirror: MirrorState
}
export interface WebhookChangeBody {
url?: (string | null)
events?: (string[] | null)
enabled?: (boolean | null)
}
export interface WebhookList {
items: WebhookShape[]
}
export interface WebhookShape {
id: string
url: string
events: string[]
enabled: boolean
disabledAt: (string | null)
disabledReason: (string | null)
createdAt: string
}
export interface WebhookWithSecret {
id: string
url: string
events: string[]
enabled: boolean
disabledAt: (string | null)
disabledReason: (string | null)
createdAt: string
secret: string
}
