package vmbackup

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Trust says why a server is believed to be the right one.
type Trust string

// The ways of trusting a server.
const (
	// TrustPinned means that its certificate has one of the fingerprints set.
	TrustPinned Trust = "pinned certificate"
	// TrustSystem means that the machine's authorities vouch for it.
	TrustSystem Trust = "machine's certificate authorities"
	// TrustLoopback means that nothing was checked, on request, on loopback.
	TrustLoopback Trust = "certificate not checked, loopback only"
	// TrustPlain means http, on request, on loopback.
	TrustPlain Trust = "no encryption, loopback only"
	// trustProbe means that nothing is checked because nothing secret is sent.
	trustProbe Trust = "certificate not checked, no login"
)

// untrusted is the refusal of a certificate.
type untrusted struct {
	fingerprint, reason string
}

func (u *untrusted) Error() string {
	return fmt.Sprintf("%s; its SHA-256 fingerprint is %s", u.reason, u.fingerprint)
}

// trustOf is what the settings ask for with https.
func trustOf(c Config) Trust {
	switch {
	case c.pinned():
		return TrustPinned
	case c.InsecureLoopback:
		return TrustLoopback
	default:
		return TrustSystem
	}
}

// tlsConfig checks the server as trust says. The fingerprint presented is handed to seen before it is judged, so that
// people can be told what to pin.
func tlsConfig(trust Trust, serverName string, pins []string, roots *x509.CertPool, seen func(string)) *tls.Config {
	cfg := &tls.Config{ServerName: serverName, MinVersion: tls.VersionTLS12, RootCAs: roots}
	// A pin replaces name and chain, because the server's certificate is self-signed; see VerifyConnection below. The other
	// two are loopback on request, and the probe, which sends no secret.
	cfg.InsecureSkipVerify = trust != TrustSystem
	cfg.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the server showed no certificate")
		}
		digest := fingerprintOf(state.PeerCertificates[0])
		seen(digest)
		if trust == TrustPinned && !slices.Contains(pins, digest) {
			return &untrusted{fingerprint: digest, reason: "the certificate is not the pinned one"}
		}
		return nil
	}
	return cfg
}

// asUntrusted tells a refused certificate from any other failure of a handshake.
func asUntrusted(err error) (*untrusted, bool) {
	if u, ok := errors.AsType[*untrusted](err); ok {
		return u, true
	}
	v, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(v.UnverifiedCertificates) == 0 {
		return nil, false
	}
	return &untrusted{fingerprint: fingerprintOf(v.UnverifiedCertificates[0]), reason: cleanText(v.Err.Error(), snippetRunes)}, true
}

// fingerprintOf is the SHA-256 of a certificate in lower-case hex without colons.
func fingerprintOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

// parseFingerprint brings a setting into the form of fingerprintOf.
func parseFingerprint(text string) (string, error) {
	plain := strings.ToLower(strings.NewReplacer(":", "", " ", "", "\t", "").Replace(text))
	raw, err := hex.DecodeString(plain)
	switch {
	case err == nil && len(raw) == sha256.Size:
		return plain, nil
	case err == nil && len(raw) == 20:
		return "", fmt.Errorf("%q is a SHA-1 fingerprint: SHA-256 has 64 hex digits", text)
	default:
		return "", fmt.Errorf("%q is not a SHA-256 fingerprint of 64 hex digits", text)
	}
}

// parseFingerprints leaves out what is blank or wrong: Validate has named it.
func parseFingerprints(list []string) []string {
	var out []string
	for _, text := range list {
		if p, err := parseFingerprint(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}
