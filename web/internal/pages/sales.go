package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// salesPages show what was sold.
func (p *Pages) salesPages() {
	p.page("sales", (*view.Sales)(nil))
	p.get("/studio/sales", p.sales)
}

func (p *Pages) sales(c *gin.Context) error {
	days, err := strconv.Atoi(c.DefaultQuery("days", "30"))
	if err != nil || days != 30 && days != 90 && days != 365 {
		return errs.NotFound("page")
	}
	found, err := p.ask(c).Sales(p.context(c), days, c.Query("cursor"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := &view.Sales{Layout: p.layout(c, l.T("sales.title"), "studio", found.Frame)}
	v.Full, v.NoIndex = true, true
	for _, n := range []int{30, 90, 365} {
		v.Days = append(v.Days, view.Tab{Text: l.N("sales.days", int64(n)), URL: fmt.Sprintf("/studio/sales?days=%d", n), Current: n == days})
	}
	var sum, back, sold int64
	for _, d := range found.Series {
		sum += d.Earned.Amount
		back += d.Returned.Amount
		sold += d.Sold
	}
	currency := orDefault(found.Balance.Currency, "EUR")
	v.Balance, v.Sum, v.Sold = l.Amount(found.Balance.Amount, currency), l.Amount(sum, currency), l.Number(sold)
	if back != 0 {
		v.Back = l.Amount(back, currency)
	}
	v.Plot = plot(l, found.Series, currency)
	for _, e := range found.Entries {
		v.Lines = append(v.Lines, view.SaleLine{
			At: e.At, Title: e.Title, Order: e.OrderNumber, Kind: e.Kind, Gross: l.Amount(e.Gross.Amount, e.Gross.Currency),
			Platform: l.Amount(-e.Platform.Amount, e.Platform.Currency), Earned: l.Amount(e.Earned.Amount, e.Earned.Currency),
		})
	}
	v.Empty = sold == 0 && len(found.Entries) == 0
	if found.Viewer != nil {
		v.ShopURL = p.PublicURL + "/@" + found.Viewer.Handle
	}
	if found.Page.Next != "" {
		v.More = fmt.Sprintf("/studio/sales?days=%d&cursor=%s", days, url.QueryEscape(found.Page.Next))
	}
	return p.show(c, http.StatusOK, "sales", v)
}

func dayWords(l *messages.Locale, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return l.Date(t)
}

const plotWidth, plotHeight = 720, 160

// plot draws earnings by day. The upper edge is the best day, and at least one unit of the currency; the lower edge is the worst,
// when more went back on it than was earned.
func plot(l *messages.Locale, series []api.SalesDay, currency string) view.Plot {
	if len(series) < 2 {
		return view.Plot{}
	}
	top, low := int64(100), int64(0)
	for _, d := range series {
		top, low = max(top, d.Earned.Amount), min(low, d.Earned.Amount)
	}
	at := func(amount int64) int { return int((top - amount) * plotHeight / (top - low)) }
	out := view.Plot{Top: l.Amount(top, currency), Zero: at(0), From: dayWords(l, series[0].Day), To: dayWords(l, series[len(series)-1].Day)}
	if low < 0 {
		out.Bottom = l.Amount(low, currency)
	}
	var line strings.Builder
	for i, d := range series {
		fmt.Fprintf(&line, "%d,%d ", i*plotWidth/(len(series)-1), at(d.Earned.Amount))
		if d.Sold > 0 || d.Returned.Amount != 0 {
			out.Points = append(out.Points, view.PlotPoint{
				Day: dayWords(l, d.Day), Value: l.Amount(d.Earned.Amount, currency), Sold: l.N("sales.sold", d.Sold), Back: l.Amount(d.Returned.Amount, currency),
			})
		}
	}
	out.Line = strings.TrimSpace(line.String())
	out.Area = fmt.Sprintf("M0,%d L%s L%d,%d Z", out.Zero, strings.ReplaceAll(out.Line, " ", " L"), plotWidth, out.Zero)
	return out
}
