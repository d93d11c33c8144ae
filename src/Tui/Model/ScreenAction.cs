namespace VirtHandover.Tui.Model;

/// <summary>What a key asks the screen to do.</summary>
internal enum ScreenAction
{
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Approve,
    ApproveAll,
    Defer,
    Cancel,
    Retry,
    Rehearse,
    Rescan,
    Details,
    Log,
    Help,
    Back,
    Redraw,
    Quit,
}
