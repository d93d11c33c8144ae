namespace VirtHandover.Tui.Model;

/// <summary>A rectangle of the screen, border included.</summary>
internal readonly record struct Area(int X, int Y, int Width, int Height)
{
    public static readonly Area None;

    public bool IsVisible => Width > 2 && Height > 2;

    /// <summary>Columns within the border.</summary>
    public int InnerWidth => Math.Max(0, Width - 2);

    /// <summary>Rows within the border.</summary>
    public int InnerHeight => Math.Max(0, Height - 2);
}

/// <summary>Where everything goes on a screen of a given size.</summary>
internal sealed record ScreenLayout(int Height, int HeaderHeight, Area Queue, Area Details, Area Log, Area Page)
{
    /// <summary>From this width on the details are beside the queue.</summary>
    private const int WideWidth = 100;

    /// <summary>From this height on there is a log.</summary>
    private const int TallHeight = 30;

    private const int LogHeight = 8;
    private const int LeastQueue = 66;
    private const int LeastHeightForDetails = 18;

    public int MessageRow => Math.Max(0, Height - 2);

    public int KeyRow => Math.Max(0, Height - 1);

    public static ScreenLayout Of(int width, int height, int headerHeight)
    {
        var top = Math.Min(headerHeight, height);
        var body = Math.Max(0, height - top - 2);
        var page = new Area(0, top, width, body);
        var log = height >= TallHeight ? LogHeight : 0;
        var main = body - log;
        var logArea = log > 0 ? new Area(0, top + main, width, log) : Area.None;
        if (width >= WideWidth)
        {
            var left = Math.Max(LeastQueue, width * 66 / 100);
            return new(height, top, new Area(0, top, left, main), new Area(left, top, width - left, main), logArea, page);
        }

        var details = height >= LeastHeightForDetails ? main * 2 / 5 : 0;
        var below = details > 0 ? new Area(0, top + main - details, width, details) : Area.None;
        return new(height, top, new Area(0, top, width, main - details), below, logArea, page);
    }
}
