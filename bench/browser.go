package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// chromium finds the system's browser.
func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium on this machine: make setup-test installs it")
}

// browser opens a fresh profile for at most a time.
func browser(ctx context.Context, most time.Duration) (context.Context, func(), error) {
	program, err := chromium()
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	process, endProcess := chromedp.NewExecAllocator(ctx, options...)
	tab, endTab := chromedp.NewContext(process)
	tab, cancel := context.WithTimeout(tab, most)
	end := func() { cancel(); endTab(); endProcess() }
	if err := chromedp.Run(tab); err != nil {
		end()
		return nil, nil, fmt.Errorf("start the browser: %w", err)
	}
	return tab, end, nil
}

// as gives the browser a person's session, as signing in would.
func (s *site) as(p person) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return network.SetCookie("crateful_session", p.token).WithURL(s.URL).WithPath("/").WithHTTPOnly(true).
			WithSameSite(network.CookieSameSiteLax).Do(ctx)
	})
}

// poll waits until a JavaScript expression is true.
func poll(expression string, most time.Duration) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return wait(ctx, most, 20*time.Millisecond, expression, func() (bool, error) {
			var ok bool
			err := chromedp.Evaluate("!!("+expression+")", &ok).Do(ctx)
			return ok, err
		})
	})
}
