package main

import (
	"net/http"
	"strings"
)

// chain does the work of app/chain.yaml.
func chain(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name    *string `json:"name"`
		Country *string `json:"country"`
		Age     *int    `json:"age"`
	}
	if !decode(w, r, &in) {
		return
	}
	if in.Name == nil || len(*in.Name) > 100 || in.Country == nil || len(*in.Country) > 2 || in.Age == nil {
		refuse(w, http.StatusBadRequest, "validation_error")
		return
	}
	name, country, age := *in.Name, *in.Country, *in.Age
	if len(name) <= 1 || age < 18 || age >= 150 {
		refuse(w, http.StatusUnprocessableEntity, "not_served")
		return
	}
	greeting := "Hello " + name + " from " + country
	currency := "USD"
	switch country {
	case "DE", "AT":
		currency = "EUR"
	}
	label := strings.ToLower(name)
	vip := age > 65 || strings.HasPrefix(name, "Ada")
	if currency != "EUR" && !vip {
		refuse(w, http.StatusUnprocessableEntity, "not_served")
		return
	}
	answer(w, http.StatusOK, struct {
		Greeting string `json:"greeting"`
		Label    string `json:"label"`
		Currency string `json:"currency"`
		Age      int    `json:"age"`
		VIP      bool   `json:"vip"`
	}{greeting, label, currency, age, vip})
}
