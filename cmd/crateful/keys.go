package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

// keys prints what .env.example leaves empty, for services that run alone.
func keys() error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	fmt.Printf("IDENTITY_PRIVATE_KEY=%s\n", base64.StdEncoding.EncodeToString(private.Seed()))
	fmt.Printf("IDENTITY_PUBLIC_KEY=%s\n", base64.StdEncoding.EncodeToString(public))
	_, licences, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	fmt.Printf("LICENCE_PRIVATE_KEY=%s\n", base64.StdEncoding.EncodeToString(licences.Seed()))
	for _, name := range []string{"web", "experience", "analyzer", "indexer", "cratefulctl"} {
		fmt.Printf("TOKEN_%s=%s\n", strings.ToUpper(name), rand.Text())
	}
	return nil
}
