package modelstest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/openapi"
)

// contract is the OpenAPI document and the routes it must describe.
type contract struct {
	doc    *openapi3.T
	routes []httpapi.Route
}

func loadContract(routes []httpapi.Route) (*contract, error) {
	raw, err := openapi.Document()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validate contract: %w", err)
	}
	return &contract{doc: doc, routes: routes}, nil
}

// find is the declared route a request goes to: fixed words before parameters.
func (c *contract) find(method, path string) (httpapi.Route, map[string]string, bool) {
	var best httpapi.Route
	var bestParams map[string]string
	for _, route := range c.routes {
		if route.Method != method {
			continue
		}
		params, ok := match(route.Path, path)
		if ok && (bestParams == nil || len(params) < len(bestParams)) {
			best, bestParams = route, params
		}
	}
	return best, bestParams, bestParams != nil
}

func match(template, path string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i := range want {
		if name, ok := strings.CutPrefix(want[i], ":"); ok {
			params[name] = got[i]
		} else if want[i] != got[i] {
			return nil, false
		}
	}
	return params, true
}

// check holds one exchange against the contract. What was refused need not have been a valid request.
func (c *contract) check(req *http.Request, body []byte, res Response) error {
	route, params, ok := c.find(req.Method, req.URL.Path)
	if !ok {
		if res.Status == http.StatusNotFound || res.Status == http.StatusMethodNotAllowed {
			return nil
		}
		return fmt.Errorf("no route")
	}
	item := c.doc.Paths.Value(route.OpenAPIPath())
	if item == nil || item.GetOperation(req.Method) == nil {
		return fmt.Errorf("route %s is not described", route.Name())
	}
	fresh := req.Clone(req.Context())
	fresh.Body = io.NopCloser(bytes.NewReader(body))
	options := &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
	}
	input := &openapi3filter.RequestValidationInput{
		Request: fresh, PathParams: params, QueryParams: req.URL.Query(), Options: options,
		Route: &routers.Route{
			Spec: c.doc, Server: c.doc.Servers[0], Path: route.OpenAPIPath(), PathItem: item, Method: req.Method, Operation: item.GetOperation(req.Method),
		},
	}
	if res.Status < 400 {
		if err := openapi3filter.ValidateRequest(req.Context(), input); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: res.Status, Header: res.Header, Options: options,
		Body: io.NopCloser(bytes.NewReader(res.Body)),
	}
	if err := openapi3filter.ValidateResponse(req.Context(), answer); err != nil {
		return fmt.Errorf("answer %d: %w", res.Status, err)
	}
	return nil
}

// Undescribed lists routes without an operation in the contract, and operations without a route.
func (s *Stack) Undescribed() []string {
	var wrong []string
	known := map[string]bool{}
	for _, route := range s.contract.routes {
		key := route.Method + " " + route.OpenAPIPath()
		known[key] = true
		item := s.contract.doc.Paths.Value(route.OpenAPIPath())
		if item == nil || item.GetOperation(route.Method) == nil {
			wrong = append(wrong, "route without description: "+key)
		}
	}
	for path, item := range s.contract.doc.Paths.Map() {
		for method := range item.Operations() {
			if !known[method+" "+path] {
				wrong = append(wrong, "description without route: "+method+" "+path)
			}
		}
	}
	return wrong
}
