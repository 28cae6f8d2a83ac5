package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const (
	pkiLifetime = 365 * 24 * time.Hour
	// Tests move the clock a little, and machines disagree about it a little.
	pkiBackdate = time.Hour
)

type identity struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// runPKI makes what a control plane on loopback needs before it can start, so that the scripts need no openssl.
func runPKI() {
	if len(os.Args) != 2 {
		log.Fatal("usage: pki DIR")
	}
	if err := writePKI(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func writePKI(dir string) error {
	ca, err := issue(nil, &x509.Certificate{
		Subject:               pkix.Name{CommonName: "controlplane-ca"},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	})
	if err != nil {
		return err
	}
	apiServer, err := issue(ca, &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		// The second is the first address of start.sh's service range.
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1)},
	})
	if err != nil {
		return err
	}
	// This is who calls a kubelet for "kubectl logs", under the name that it has in real clusters.
	kubeletClient, err := issue(ca, &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver-kubelet-client"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	for name, it := range map[string]*identity{"ca": ca, "apiserver": apiServer, "kubelet-client": kubeletClient} {
		if err := it.write(dir, name); err != nil {
			return err
		}
	}

	serviceAccountKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, "service-account.key"), serviceAccountKey)
}

// issue gives the template a new key and a signature: issuer's, or its own when there is no issuer.
func issue(issuer *identity, template *x509.Certificate) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-pkiBackdate)
	template.NotAfter = time.Now().Add(pkiLifetime)
	if issuer == nil {
		issuer = &identity{certificate: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", template.Subject.CommonName, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &identity{certificate: certificate, key: key}, nil
}

func (it *identity) write(dir, name string) error {
	pem, err := cert.EncodeCertificates(it.certificate)
	if err != nil {
		return err
	}
	if err := cert.WriteCert(filepath.Join(dir, name+".crt"), pem); err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, name+".key"), it.key)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return keyutil.WriteKey(path, pem)
}
