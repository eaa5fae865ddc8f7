/* SPDX-License-Identifier: BSD-3-Clause */
/* files: what verbs read and write; times and JSON as text. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define READ_MAX ((size_t)64 << 20)

static int
read_all(FILE *f, mdoc_buf *ret)
{
	mdoc_buf b = MDOC_BUF_INIT;
	size_t n;

	do {
		if (b.len == b.cap) {
			size_t cap = b.cap ? 2 * b.cap : 65536;
			unsigned char *p =
			    cap > READ_MAX ? NULL : realloc(b.ptr, cap);

			if (p == NULL) {
				mdoc_buf_reset(&b);
				errno = cap > READ_MAX ? EFBIG : ENOMEM;
				return -1;
			}
			b.ptr = p;
			b.cap = cap;
		}
		n = fread(b.ptr + b.len, 1, b.cap - b.len, f);
		b.len += n;
	} while (n > 0);
	if (ferror(f)) {
		mdoc_buf_reset(&b);
		return -1;
	}
	mdoc_buf_reset(ret);
	*ret = b;
	return 0;
}

int
cli_read(const struct cli *c, const char *name, mdoc_buf *ret)
{
	bool use_stdin = !strcmp(name, "-");
	FILE *f = use_stdin ? stdin : fopen(name, "rbe");
	int r;

	if (use_stdin)
		name = "standard input";
	r = f == NULL ? -1 : read_all(f, ret);
	if (r < 0)
		cli_fail(c, CLI_ERROR, "%s: %s", name, strerror(errno));
	if (f != NULL && !use_stdin)
		fclose(f);
	return r < 0 ? CLI_ERROR : CLI_OK;
}

int
cli_read_cbor(const struct cli *c, const char *name, mdoc_buf *ret)
{
	mdoc_buf raw = MDOC_BUF_INIT;
	int code = cli_read(c, name, &raw);
	int r;

	if (code != CLI_OK)
		return code;
	r = mdoc_inspect_decode(c->ctx, cli_bytes(&raw), ret, NULL);
	mdoc_buf_reset(&raw);
	if (r != MDOC_OK)
		return cli_fail(c, CLI_ERROR, "%s: %s", name,
		    mdoc_ctx_error(c->ctx));
	return CLI_OK;
}

/* A new file beside the old one, then renamed: nothing is lost on failure. */
static int
replace_file(const char *name, mdoc_bytes data)
{
	char *temporary = NULL;
	FILE *f = NULL;
	int fd = -1, r = -1, saved;
	mode_t mask;
	struct stat st;

	if (asprintf(&temporary, "%s.XXXXXX", name) < 0)
		return -1;
	/* A device or FIFO cannot be replaced by a file. */
	if (stat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
		f = fopen(name, "wbe");
		if (f != NULL && fwrite(data.ptr, 1, data.len, f) == data.len)
			r = 0;
		if (f != NULL && fclose(f) != 0)
			r = -1;
		goto out;
	}
	fd = mkstemp(temporary);
	if (fd < 0)
		goto out;
	f = fdopen(fd, "wb");
	if (f == NULL) {
		close(fd);
		goto out;
	}
	mask = umask(0);
	(void)umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
	if (fwrite(data.ptr, 1, data.len, f) == data.len)
		r = 0;
	if (fclose(f) != 0)
		r = -1;
	if (r == 0)
		r = rename(temporary, name);
	if (r != 0) {
		saved = errno;
		unlink(temporary);
		errno = saved;
	}
out:
	free(temporary);
	return r;
}

int
cli_write(const struct cli *c, const char *name, mdoc_bytes data)
{
	if (data.len == 0)
		data.ptr = (const unsigned char *)"";
	if (name == NULL || !strcmp(name, "-")) {
		if (fwrite(data.ptr, 1, data.len, stdout) != data.len)
			return cli_fail(c, CLI_ERROR, "standard output: %s",
			    strerror(errno));
		return CLI_OK;
	}
	if (replace_file(name, data) != 0)
		return cli_fail(c, CLI_ERROR, "%s: %s", name, strerror(errno));
	return CLI_OK;
}

bool
cli_time(const char *text, int64_t *ret)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%SZ",
		"%Y-%m-%dT%H:%MZ", "%Y-%m-%d" };

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		struct tm tm = { 0 }, back;
		const char *end = strptime(text, formats[i], &tm);
		int day = tm.tm_mday;
		time_t t;

		if (end == NULL || *end != '\0')
			continue;
		t = timegm(&tm);
		/* timegm turns 30 February into 2 March */
		if (gmtime_r(&t, &back) == NULL || back.tm_mday != day)
			return false;
		*ret = t;
		return true;
	}
	return false;
}

bool
cli_duration(const char *text, int64_t *ret)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'y', 365 * (int64_t)86400 + 21600 } };

	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || end == text || n <= 0 || n > 1000000000 ||
	    *end == '\0' || end[1] != '\0')
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (units[i].unit == *end) {
			*ret = n * units[i].seconds;
			return true;
		}
	}
	return false;
}

const char *
cli_time_text(int64_t t, char *out)
{
	struct tm tm;
	time_t seconds = t;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, 32, "%lld", (long long)t);
	return out;
}

int
cli_json(json_t *o, int code)
{
	json_t *all = json_pack("{s:s}", "schema", "p11-mdoc/1");

	if (all == NULL || o == NULL || json_object_update(all, o) != 0 ||
	    json_dumpf(all, stdout, JSON_COMPACT) != 0) {
		fputs("p11-mdoc: out of memory\n", stderr);
		code = CLI_ERROR;
	}
	putchar('\n');
	json_decref(all);
	json_decref(o);
	return code;
}

json_t *
cli_json_text(mdoc_bytes b)
{
	static const char digits[] = "0123456789abcdef";
	json_t *s = json_stringn((const char *)b.ptr, b.len);
	char *hex;

	if (s != NULL)
		return s;
	hex = malloc(2 * b.len + 1);
	if (hex == NULL)
		return NULL;
	for (size_t i = 0; i < b.len; i++) {
		hex[2 * i] = digits[b.ptr[i] >> 4];
		hex[2 * i + 1] = digits[b.ptr[i] & 15];
	}
	s = json_stringn(hex, 2 * b.len);
	free(hex);
	return s;
}

json_t *
cli_json_operand(const struct cli *c)
{
	char *text = cli_masked(cli_operand(c, 0));
	json_t *s = text != NULL ? json_string(text) : NULL;

	free(text);
	return s;
}
