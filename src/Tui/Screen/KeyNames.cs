using Terminal.Gui.Drivers;
using Terminal.Gui.Input;

namespace VirtHandover.Tui.Screen;

/// <summary>From Terminal.Gui's keys to the names that <see cref="Model.KeyTable"/> uses.</summary>
internal static class KeyNames
{
    public static string Of(Key key)
    {
        if (key.IsAlt)
        {
            return "";
        }

        if (key.IsCtrl)
        {
            var letter = (char)key.NoAlt.NoCtrl.NoShift.KeyCode;
            return char.IsAsciiLetter(letter) ? $"Ctrl-{char.ToUpperInvariant(letter)}" : "";
        }

        return key.KeyCode switch
        {
            KeyCode.Enter => "Enter",
            KeyCode.Esc => "Esc",
            KeyCode.CursorUp => "Up",
            KeyCode.CursorDown => "Down",
            KeyCode.PageUp => "PgUp",
            KeyCode.PageDown => "PgDn",
            KeyCode.Home => "Home",
            KeyCode.End => "End",
            KeyCode.F5 => "F5",
            KeyCode.Space => "Space",
            KeyCode.Backspace => "Backspace",
            _ => key.AsRune.Value > ' ' ? key.AsRune.ToString() : "",
        };
    }
}
