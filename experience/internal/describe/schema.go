package describe

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// schemas collects the components that operations refer to.
type schemas struct {
	docs comments
	byID map[string]object
}

var timeType = reflect.TypeFor[time.Time]()

// of is the schema of a type: structs of package api become components.
func (s *schemas) of(t reflect.Type) (object, error) {
	out := newObject()
	switch {
	case t == timeType:
		return out.set("type", "string").set("format", "date-time"), nil
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return out.set("type", "string").set("format", "byte"), nil
	}
	switch t.Kind() {
	case reflect.String:
		return out.set("type", "string"), nil
	case reflect.Bool:
		return out.set("type", "boolean"), nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		return out.set("type", "integer").set("format", "int64"), nil
	case reflect.Float64:
		return out.set("type", "number").set("format", "double"), nil
	case reflect.Interface:
		return out, nil
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Slice:
		items, err := s.of(t.Elem())
		return out.set("type", "array").set("items", items), err
	case reflect.Map:
		values, err := s.of(t.Elem())
		if values.empty() {
			return out.set("type", "object").set("additionalProperties", true), err
		}
		return out.set("type", "object").set("additionalProperties", values), err
	case reflect.Struct:
		return s.component(t)
	default:
		return out, fmt.Errorf("no schema for %s", t)
	}
}

func (s *schemas) component(t reflect.Type) (object, error) {
	ref := newObject().set("$ref", "#/components/schemas/"+t.Name())
	if _, ok := s.byID[t.Name()]; ok {
		return ref, nil
	}
	out := newObject()
	s.byID[t.Name()] = out // before its fields: types may refer to themselves
	out.set("type", "object")
	if doc := s.docs.types[t.Name()]; doc != "" {
		out.set("description", doc)
	}
	out.set("additionalProperties", false)
	properties, needed := newObject(), []string{}
	if err := s.fields(t, properties, &needed); err != nil {
		return ref, err
	}
	if len(needed) > 0 {
		out.set("required", needed)
	}
	out.set("properties", properties)
	return ref, nil
}

// fields adds a struct's fields as encoding/json writes them: those of embedded structs are its own.
func (s *schemas) fields(t reflect.Type, properties object, needed *[]string) error {
	for f := range fieldsOf(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			if err := s.fields(f.Type, properties, needed); err != nil {
				return err
			}
			continue
		}
		if name == "" || name == "-" {
			return fmt.Errorf("field %s.%s has no name in JSON", t.Name(), f.Name)
		}
		schema, err := s.of(f.Type)
		if err != nil {
			return fmt.Errorf("field %s.%s: %w", t.Name(), f.Name, err)
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		doc := s.docs.fields[t.Name()+"."+f.Name]
		nullable := f.Type.Kind() == reflect.Pointer && !optional
		if reference := len(schema.node.Content) == 2 && schema.node.Content[0].Value == "$ref"; reference && (doc != "" || nullable) {
			schema = newObject().set("allOf", []object{schema}) // nothing may stand beside a reference
		}
		if nullable {
			schema.set("nullable", true)
		}
		if doc != "" {
			schema.set("description", doc)
		}
		properties.set(name, schema)
		if !optional {
			*needed = append(*needed, name)
		}
	}
	return nil
}

func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && !yield(f) {
				return
			}
		}
	}
}

func (s *schemas) all() object {
	out := newObject()
	for _, name := range slices.Sorted(maps.Keys(s.byID)) {
		out.set(name, s.byID[name])
	}
	return out
}
