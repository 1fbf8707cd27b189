package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/digitalocean/godo"

	"github.com/vmtui/vmtui/keys/fault"
)

var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// ImageByName finds an image by its id, by the exact name of one of the account's own images, or by the slug of a public one. A name that fits
// more than one image is a fault that lists their ids; one that fits none wraps ErrNotFound.
func (c *Client) ImageByName(ctx context.Context, name string) (Image, error) {
	if id, err := strconv.Atoi(name); err == nil && id > 0 {
		return c.image(ctx, name, func(ctx context.Context, g *godo.Client) (*godo.Image, *godo.Response, error) {
			return g.Images.GetByID(ctx, id)
		})
	}
	own, err := pages(ctx, c, "list the images", "the account", func(ctx context.Context, g *godo.Client, o *godo.ListOptions) ([]godo.Image, *godo.Response, error) {
		return g.Images.ListUser(ctx, o)
	})
	if err != nil {
		return Image{}, err
	}
	hits := slices.DeleteFunc(own, func(i godo.Image) bool { return i.Name != name && i.Slug != name })
	if len(hits) == 0 && slug.MatchString(name) {
		i, err := c.image(ctx, name, func(ctx context.Context, g *godo.Client) (*godo.Image, *godo.Response, error) {
			return g.Images.GetBySlug(ctx, name)
		})
		if !errors.Is(err, ErrNotFound) {
			return i, err
		}
	}
	return c.onlyImage(name, each(hits, imageOf))
}

func (c *Client) image(ctx context.Context, name string, get func(context.Context, *godo.Client) (*godo.Image, *godo.Response, error)) (Image, error) {
	return read(ctx, c, "read the image", name, func(ctx context.Context, g *godo.Client) (Image, *godo.Response, error) {
		return found(imageOf)(get(ctx, g))
	})
}

func (c *Client) onlyImage(name string, hits []Image) (Image, error) {
	switch len(hits) {
	case 1:
		return hits[0], nil
	case 0:
		return Image{}, &fault.Error{
			What: "there is no such image", On: name, Err: ErrNotFound,
			Why: "no image of the account has this name, and no public one this slug", Next: "name another image, or its id",
		}
	}
	ids := each(hits, func(i Image) string { return fmt.Sprintf("%d (%s)", i.ID, i.Type) })
	return Image{}, &fault.Error{
		What: "the image's name is ambiguous", On: name, Code: fault.Usage,
		Why: "it fits " + strings.Join(ids, ", "), Next: "name the image by its id",
	}
}
