/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Posting by TLS to a server that is known by its public key alone, with a server of a self-signed certificate. */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/sys.h"
#include "tap.h"

static struct sys *s;
static struct error err;
static char dir[] = "/tmp/fulcrum-pin-XXXXXX", seen[64];

static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static void pin_of(EVP_PKEY *key, char ret[64])
{
	unsigned char *der = NULL, hash[32];
	int len = i2d_PUBKEY(key, &der);
	unsigned int n = sizeof(hash);

	if (len <= 0 || !EVP_Digest(der, (size_t)len, hash, &n, EVP_sha256(), NULL))
		die("digest");
	strcpy(ret, "sha256//");
	EVP_EncodeBlock((unsigned char *)ret + strlen(ret), hash, sizeof(hash));
	OPENSSL_free(der);
}

/* Of another name, and long over: neither is looked at. */
static X509 *certificate(EVP_PKEY *key)
{
	X509 *c = X509_new();
	X509_NAME *name;

	if (!c)
		die("certificate");
	name = X509_get_subject_name(c);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
	X509_gmtime_adj(X509_getm_notBefore(c), -2 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(c), -86400);
	X509_set_pubkey(c, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"elsewhere", -1, -1, 0);
	X509_set_issuer_name(c, name);
	if (!X509_sign(c, key, EVP_sha256()))
		die("sign");
	return c;
}

/* What arrives is left in the file `seen`; a client that breaks off leaves none. */
static void serve(int listener, EVP_PKEY *key)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || SSL_CTX_use_certificate(ctx, certificate(key)) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1)
		_exit(1);
	signal(SIGPIPE, SIG_IGN); /* of those who break off */
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		SSL *tls = SSL_new(ctx);
		char text[4096] = "";
		struct error ignored;
		size_t n = 0;
		int got = 0;

		SSL_set_fd(tls, fd);
		while (SSL_accept(tls) == 1 && n < sizeof(text) - 1 && !strstr(text, "{}\n") &&
		       (got = SSL_read(tls, text + n, (int)(sizeof(text) - 1 - n))) > 0)
			n += (size_t)got;
		if (n && (file_replace(seen, text, n, 0600, &ignored) || SSL_write(tls, answer, sizeof(answer) - 1) <= 0))
			_exit(1);
		SSL_shutdown(tls);
		SSL_free(tls);
		close(fd);
	}
}

static int listener(unsigned int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4) || getsockname(fd, (struct sockaddr *)&at, &size))
		die("listen");
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static int post(const char *url, const char *pin)
{
	unlink(seen);
	memset(&err, 0, sizeof(err));
	return s->ops->post(s, &(struct sys_post){ .url = url, .pin = pin, .body = "{}\n", .len = 3 }, &err);
}

static bool arrived(void)
{
	AUTO_STR text = STR_INIT;
	struct error ignored;

	return !file_read(seen, 4096, &text, &ignored) && strstr(str_text(&text), "{}\n");
}

static void test_pin(const char *url, const char *pin, const char *other)
{
	ok(!post(url, pin) && arrived(), "the server with the pinned key is told: %s", err.msg);
	ok(post(url, other) && err.kind == ERR_DENIED && strstr(err.msg, "nothing was sent"), "one with another key is not: %s", err.msg);
	ok(!arrived(), "not a byte");
	ok(post(url, NULL) && err.kind == ERR_NET && strstr(err.msg, "certificate") && !arrived(), "nor is one that nothing is known of: %s", err.msg);
}

int main(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other_key = EVP_EC_gen("P-256");
	char pin[64], other[64], url[64];
	unsigned int port;
	int fd;
	pid_t pid;

	if (!mkdtemp(dir) || !key || !other_key)
		die("make");
	snprintf(seen, sizeof(seen), "%s/seen", dir);
	pin_of(key, pin);
	pin_of(other_key, other);
	fd = listener(&port);
	pid = fork();
	if (!pid)
		serve(fd, key);
	close(fd);
	s = sys_real_new();
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/progress", port);
	test_pin(url, pin, other);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	sys_free(s);
	unlink(seen);
	rmdir(dir);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	return tap_end();
}
