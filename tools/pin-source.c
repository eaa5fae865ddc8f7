/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "pin-source.h"

#define MAX_PIN 256

static int
read_fd(const struct cli *c, const char *source, int fd, mdoc_buf *ret)
{
	unsigned char pin[MAX_PIN + 2];
	size_t len = 0;
	ssize_t n;
	int code = CLI_TOKEN;

	do {
		n = read(fd, pin + len, sizeof pin - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n < 0 && errno == EINTR) || (n > 0 && len < sizeof pin));
	if (len > 0 && pin[len - 1] == '\n')
		len--;
	if (len > 0 && pin[len - 1] == '\r')
		len--;
	mdoc_buf_reset(ret);
	if (n < 0)
		code = cli_fail(c, code, "pin-source %s: %s", source,
		    strerror(errno));
	else if (len == 0 || len > MAX_PIN)
		code = cli_fail(c, code, "pin-source %s: %s", source,
		    len == 0 ? "it is empty" : "longer than 256 bytes");
	else if (mdoc_buf_append(ret, (mdoc_bytes){ pin, len }) == MDOC_OK)
		code = CLI_OK;
	OPENSSL_cleanse(pin, sizeof pin);
	return code;
}

static int
read_file(const struct cli *c, const char *source, const char *path,
    mdoc_buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int code;

	if (fd < 0)
		return cli_fail(c, CLI_TOKEN, "pin-source %s: %s", source,
		    strerror(errno));
	code = read_fd(c, source, fd, ret);
	close(fd);
	return code;
}

static int
read_credential(const struct cli *c, const char *source, const char *name,
    mdoc_buf *ret)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[2048];
	int n;

	if (folder == NULL || *name == '\0' || *name == '.' ||
	    strchr(name, '/') != NULL)
		return cli_fail(c, CLI_TOKEN,
		    "pin-source %s: not the name of a credential of a systemd "
		    "unit",
		    source);
	n = snprintf(path, sizeof path, "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return cli_fail(c, CLI_TOKEN, "pin-source %s: too long",
		    source);
	return read_file(c, source, path, ret);
}

int
pin_source_read(const struct cli *c, const char *source, mdoc_buf *ret)
{
	const char *path = source;
	char *end;
	long fd;

	if (!strncmp(source, "fd:", 3)) {
		errno = 0;
		fd = strtol(source + 3, &end, 10);
		if (source[3] < '0' || source[3] > '9' || *end != '\0' ||
		    errno != 0 || fd > INT_MAX)
			return cli_usage(c,
			    "pin-source %s: not the number of a descriptor",
			    source);
		return read_fd(c, source, (int)fd, ret);
	}
	if (!strncmp(source, "cred:", 5))
		return read_credential(c, source, source + 5, ret);
	if (*source == '|')
		return cli_usage(c, "pin-source: commands are not run");
	if (!strncmp(source, "file:", 5))
		path = source + 5;
	if (path != source && !strncmp(path, "///", 3))
		path += 2;
	return read_file(c, source, path, ret);
}
