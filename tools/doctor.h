/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * doctor: what a token can do for mdoc. A module that is examined may crash,
 * hang or end the process, so that everything which touches it happens in a
 * child. The child says what it found as lines of JSON; where it was when it
 * stopped saying so is in memory that both share.
 */
#ifndef TOOLS_DOCTOR_H
#define TOOLS_DOCTOR_H

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "cli.h"
#include "doctor-mdoc.h"

#define DOCTOR_MAX_URIS 16

/* Where the child is. */
struct doctor_at {
	volatile unsigned calls;
	volatile unsigned step;
	char function[32];
	char mechanism[40];
	char id[32]; /* the capability that is tried, or empty */
	char curve[32];
};

/* What the child is to do. */
struct doctor_plan {
	const char *module; /* p11-mdoc.so */
	const char *conf;   /* P11_MDOC_CONF; NULL: as it is */
	const char *device; /* the module below, if it is known; or NULL */
	P11KitUri *uris[DOCTOR_MAX_URIS];
	size_t n_uris;
	CK_SLOT_ID slot;
	bool several; /* slot numbers carry the device's */
	bool login;
	bool keypad; /* the token asks for its PIN itself */
	mdoc_bytes pin;
	bool bench;
	unsigned skip;    /* steps up to this one are done */
	unsigned broken;  /* bit i: keys of curve i made it crash */
	unsigned crashed; /* bit i: capability i made it crash */
};

struct doctor_child {
	const struct doctor_plan *plan;
	struct doctor_at *at;
	FILE *out;
	CK_FUNCTION_LIST *f;
	CK_FUNCTION_LIST *device; /* or NULL */
	CK_SLOT_ID device_slot;
	CK_SESSION_HANDLE session;
	bool logged_in;
	/* A private key that was named and may derive: not ours to destroy. */
	CK_OBJECT_HANDLE named;
	bool generated; /* there was a session key pair */
	bool writable;  /* the token gives session keys to no other session */
	unsigned step;
};

/* One call of the module; where it is made is known if it does not return. */
#define DOCTOR_CALL(d, name, ...) \
	(doctor_at((d), "C_" #name), (d)->f->C_##name(__VA_ARGS__))

void doctor_at(struct doctor_child *d, const char *function);
void doctor_at_mechanism(struct doctor_child *d, CK_MECHANISM_TYPE type);
/* The next step begins; false: it was done before. */
bool doctor_step(struct doctor_child *d);
/* One line to the parent; takes o over. */
void doctor_emit(struct doctor_child *d, json_t *o);
/* Adds where a call failed, and how. */
void doctor_emit_failure(struct doctor_child *d, json_t *o, CK_RV rv);

/* What a child can do: each runs in one, and returns when it is done. */
void doctor_survey(struct doctor_child *d); /* library, tokens */
void doctor_probe(struct doctor_child *d);  /* one token */
/* Parts of doctor_probe. */
void doctor_probe_curves(struct doctor_child *d);
void doctor_probe_paths(struct doctor_child *d);
void doctor_probe_keys(struct doctor_child *d);
/* Loads and initialises. false: that was emitted. */
bool doctor_start(struct doctor_child *d);

/* A key pair and one operation with it. */
struct doctor_pair {
	const struct doctor_curve *curve;
	CK_OBJECT_HANDLE public, private;
	EVP_PKEY *key; /* the public one */
	bool context_login;
};

struct doctor_result {
	CK_RV rv;
	const char *wrong; /* CKR_OK, but what came is not right */
	char path;         /* 0: none */
	bool unknown;      /* not tried */
	double rate;       /* per second; 0: not measured */
};

typedef void doctor_operation(struct doctor_child *d,
    const struct doctor_pair *p, struct doctor_result *ret);

struct doctor_capability {
	const char *id;
	const char *text;
	bool (*fits)(const struct doctor_curve *c);
	bool agrees; /* needs CKA_DERIVE, not CKA_SIGN; has a key path */
	doctor_operation *run;
};

/* Ends with a NULL id. */
extern const struct doctor_capability doctor_capabilities[];

/* Operations that are elsewhere: doctor-agree.c. */
doctor_operation doctor_session_keys, doctor_hpke_open;
/* rv, or that what came with CKR_OK is wrong. */
void doctor_judge_result(struct doctor_result *ret, CK_RV rv, bool ok,
    const char *wrong);
/* CKA_MDOC_KEY_PATH: which way was taken? 0: it does not say. */
char doctor_key_path(struct doctor_child *d, CK_OBJECT_HANDLE key);

/* How the child ended. */
struct doctor_end {
	bool done;
	bool timeout;
	int signal; /* 0: none */
	int status; /* of exit() */
	struct doctor_at at;
};

/*
 * Runs one of these. Lines go into ret_lines (an array), what the child and
 * its module printed into ret_log (to be freed). timeout: seconds without a
 * call that returns. MDOC_OK or MDOC_E_*.
 */
int
doctor_run(const struct doctor_plan *plan, void (*work)(struct doctor_child *d),
    int timeout, json_t *ret_lines, char **ret_log, struct doctor_end *ret_end);

/* doctor-remedy.c. "CKR_PIN_INCORRECT", "CKM_ECDSA"; or a number. */
const char *doctor_rv_name(CK_RV rv);
const char *doctor_mechanism_name(CK_MECHANISM_TYPE type);
/*
 * Adds "cause" and "remedy" to an object with "function", "mechanism" and
 * "error".
 */
void doctor_explain(json_t *o, const char *device);

/* doctor-check.c: what can be wrong around the module. Arrays of objects. */
json_t *doctor_check_installation(const char *module, const char *conf,
    const char *device);
/* The modules below, from the configuration; names and paths. */
json_t *doctor_devices(const char *conf);

/*
 * doctor-judge.c: one token. lines: what its children said; survey: what is
 * known of it already. A new object.
 */
json_t *doctor_judge(json_t *survey, const json_t *lines, const char *device);
/* "yes", "no" or "unknown". minimum: a key path, or 0. */
const char *
doctor_verdict(const json_t *token, const char *profile, char minimum);
bool doctor_is_profile(const char *name);

/* doctor-report.c */
void doctor_report(const struct cli *c, const json_t *report);

#endif
